//! The token a client has to bring: made here, compared here, shown only where the ready address is asked for.

use std::fmt::Write;

use subtle::ConstantTimeEq;

use crate::options::TokenPolicy;

/// A token, or that none is wanted. It does not show itself in debug output.
#[derive(Clone)]
pub(crate) struct Token(Option<String>);

impl Token {
    /// Makes it once; it stays with the endpoint.
    ///
    /// # Panics
    /// When the system has no randomness to give: there is no safe way to go on.
    pub(crate) fn new(policy: &TokenPolicy) -> Self {
        match policy {
            TokenPolicy::Random => {
                let mut bytes = [0_u8; 16];
                getrandom::fill(&mut bytes).expect("the system gives randomness");
                Self(Some(bytes.iter().fold(String::with_capacity(32), |mut hex, byte| {
                    write!(hex, "{byte:02x}").expect("a string takes any text");
                    hex
                })))
            }
            TokenPolicy::Given(token) => Self(Some(token.clone())),
            TokenPolicy::None => Self(None),
        }
    }

    /// Whether a request that brought this (or nothing) may pass. The time it takes tells the token's length at most.
    pub(crate) fn admits(&self, brought: Option<&str>) -> bool {
        match (&self.0, brought) {
            (None, _) => true,
            (Some(wanted), Some(brought)) => {
                !wanted.is_empty() && wanted.as_bytes().ct_eq(brought.as_bytes()).into()
            }
            (Some(_), None) => false,
        }
    }

    /// `?token=…`, or nothing where none is wanted.
    pub(crate) fn query(&self) -> String {
        match &self.0 {
            Some(token) => {
                format!("?token={}", form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>())
            }
            None => String::new(),
        }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Token(…)" } else { "Token(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_token_has_128_bits_and_each_is_another() {
        let (one, other) = (Token::new(&TokenPolicy::Random), Token::new(&TokenPolicy::Random));
        let text = one.query();
        assert_eq!(text.len(), "?token=".len() + 32);
        assert_ne!(text, other.query());
        assert!(one.admits(text.strip_prefix("?token=")));
        assert!(!one.admits(other.query().strip_prefix("?token=")));
    }

    #[test]
    fn only_the_whole_token_is_let_in() {
        let token = Token::new(&TokenPolicy::Given("open sesame&".into()));
        assert!(token.admits(Some("open sesame&")));
        for wrong in [None, Some(""), Some("open sesame"), Some("open sesame&x"), Some("Open sesame&")] {
            assert!(!token.admits(wrong), "{wrong:?}");
        }
        assert_eq!(token.query(), "?token=open+sesame%26");
        assert!(
            !Token::new(&TokenPolicy::Given(String::new())).admits(Some("")),
            "an empty token lets nobody in"
        );
        assert!(Token::new(&TokenPolicy::None).admits(None));
    }

    #[test]
    fn debug_output_does_not_show_it() {
        let policy = TokenPolicy::Given("secret".into());
        assert!(!format!("{policy:?} {:?}", Token::new(&policy)).contains("secret"));
    }
}
