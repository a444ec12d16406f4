//! Line icons, 16×16, drawn with the text's own colour.

use yew::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Overview,
    Graph,
    Connections,
    Events,
    Compare,
    Pause,
    Play,
    Theme,
    Search,
    Plug,
    Close,
    Copy,
    File,
    Previous,
    Next,
    Clock,
    Check,
    Sort,
    Save,
    Share,
}

impl Name {
    /// The path's data, and the width of its line.
    fn path(self) -> (&'static str, &'static str) {
        let thin = "1.3";
        match self {
            Name::Overview => ("M2.5 2.5h4v5h-4zM9.5 2.5h4v3h-4zM9.5 8.5h4v5h-4zM2.5 10.5h4v3h-4z", thin),
            Name::Graph => (
                "M8 6a2 2 0 1 1 0 4a2 2 0 1 1 0-4zM3 2.1a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8zM13 3.1a1.4 1.4 0 1 1 0 \
                 2.8a1.4 1.4 0 1 1 0-2.8zM12 11.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8zM3.5 10.6a1.4 1.4 0 1 1 0 \
                 2.8a1.4 1.4 0 1 1 0-2.8zM4 4.6l2.5 2M11.8 5.3L9.8 6.9M11.1 11.8L9.3 9.6M4.6 11.1l1.9-1.7",
                thin,
            ),
            Name::Connections => (
                "M6.5 9.5l3-3M7 4.5l1.2-1.2a2.9 2.9 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.2 1.2a2.9 2.9 0 0 1-4.5-4.5L4.5 7",
                thin,
            ),
            Name::Events => ("M5.5 3.5H14M5.5 8H14M5.5 12.5H14M2 3.5h.8M2 8h.8M2 12.5h.8", thin),
            Name::Compare => ("M3 2.5h3v11H3zM10 2.5h3v11h-3zM6 8h4", thin),
            Name::Pause => ("M5.5 3.5v9M10.5 3.5v9", "2"),
            Name::Play => ("M5 3.5l7 4.5l-7 4.5z", thin),
            Name::Theme => ("M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11v11M10 3v10M12 4.5v7", thin),
            Name::Search => ("M7 3a4 4 0 1 1 0 8a4 4 0 1 1 0-8zM10 10l3.5 3.5", thin),
            Name::Plug => ("M5.5 2v3M10.5 2v3M4 5h8v2.500a4 4 0 0 1-8 0zM8 11.500V14", thin),
            Name::Close => ("M4 4l8 8M12 4l-8 8", thin),
            Name::Copy => ("M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3", thin),
            Name::File => ("M4 2.5h5l3 3v8H4zM9 2.5v3h3", thin),
            Name::Previous => ("M10 3.5L5.5 8l4.5 4.5", thin),
            Name::Next => ("M6 3.5L10.5 8 6 12.5", thin),
            Name::Clock => ("M8 2.3a5.7 5.7 0 1 1 0 11.400a5.7 5.7 0 1 1 0-11.400zM8 4.8v3.4l2.3 1.4", thin),
            Name::Check => ("M3 8.5l3.2 3.2L13 4.5", thin),
            Name::Sort => ("M2 4h12M4.5 8h7M6.5 12h3", thin),
            Name::Save => ("M8 2.5v7M5 6.8l3 3 3-3M3 13h10", thin),
            Name::Share => ("M9.5 2.5h4v4M13.5 2.5L8 8M6.5 3.5h-4v10h10v-4", thin),
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct IconProps {
    pub name: Name,
    /// Both ways, px.
    #[prop_or(16)]
    pub size: u32,
}

#[component]
pub fn Icon(props: &IconProps) -> Html {
    let (path, width) = props.name.path();
    let size = props.size.to_string();
    html! {
        <svg class="icon" width={size.clone()} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor"
            stroke-width={width} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d={path} />
        </svg>
    }
}
