//! The page.

fn main() {
    yew::Renderer::<peerscope_app::app::App>::new().render();
}
