//! Keeps how far an element is scrolled, and tells it, and how high it is, at most once a frame. And the room of the rows that
//! are not in the page.

use web_sys::Element;
use yew::prelude::*;

use super::watch::Watch;

/// `tell`: px scrolled and px of height.
#[hook]
pub fn use_scroll(node: &NodeRef, scroll_px: u32, tell: Callback<(u32, u32)>) {
    // Coming back to the screen finds the place again.
    use_effect_with(node.clone(), move |node| {
        let element = node.cast::<Element>();
        if let Some(element) = &element {
            element.set_scroll_top(i32::try_from(scroll_px).unwrap_or(i32::MAX));
        }
        let watch = element.map(|element| {
            Watch::new(&element, move |element| {
                let px = |value: i32| u32::try_from(value).unwrap_or(0);
                tell.emit((px(element.scroll_top()), px(element.client_height())));
            })
        });
        move || drop(watch)
    });
}

/// The room of rows before or after those in the page.
pub fn spacer(height_px: u32, columns: usize) -> Html {
    if height_px == 0 {
        return Html::default();
    }
    html! {
        <tr class="spacer" aria-hidden="true">
            <td colspan={columns.to_string()} style={format!("height:{height_px}px")}></td>
        </tr>
    }
}
