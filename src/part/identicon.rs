//! A peer's picture: 5×5, mirrored, muted. It tells peers apart at a glance and means nothing else.

use yew::prelude::*;

/// Which cells are set, as a path in a box of 5×5; and the hue.
fn picture(id: &str) -> (String, u32) {
    // FNV-1a over the id, then a mix for each cell: all of an id counts, though ids start alike.
    let mut hash = 2_166_136_261_u32;
    for byte in id.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    }
    let hue = (hash >> 8) % 360;
    let mut path = String::new();
    let mut bits = hash;
    for y in 0..5 {
        for x in 0..3 {
            bits = (bits ^ (bits >> 13)).wrapping_mul(1_540_483_477);
            if bits % 100 < 52 {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
                if x < 2 {
                    path.push_str(&format!("M{} {y}h1v1h-1z", 4 - x));
                }
            }
        }
    }
    (path, hue)
}

#[derive(Clone, PartialEq, Properties)]
pub struct IdenticonProps {
    pub id: AttrValue,
    #[prop_or(15)]
    pub size: u32,
}

#[component]
pub fn Identicon(props: &IdenticonProps) -> Html {
    let (path, hue) = picture(&props.id);
    let size = props.size.to_string();
    html! {
        <svg class="idn" width={size.clone()} height={size} viewBox="0 0 5 5" shape-rendering="crispEdges" aria-hidden="true">
            <rect width="5" height="5" style={format!("fill:oklch(0.40 0.045 {})", (hue + 40) % 360)} />
            <path style={format!("fill:oklch(0.74 0.085 {hue})")} d={path} />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn one_id_one_picture() {
        assert_eq!(picture("12D3KooWA"), picture("12D3KooWA"));
        assert_ne!(picture("12D3KooWA"), picture("12D3KooWB"));
        picture("");
        picture("\u{202e}é");
    }
}
