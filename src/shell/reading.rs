//! How far a recording is read: the bar and its words beside the link's state, and the strip that says what is missing when
//! it was not read whole.

use yew::prelude::*;

use super::{ShellProps, banner::PartProps};
use crate::{
    format,
    model::{Action, End, Link, Model, Reading},
    part::glyph::{Glyph, Shape},
};

/// There while it is read.
pub fn progress(props: &ShellProps) -> Html {
    let Link::File(reading) = &props.model.link else { return Html::default() };
    if reading.is_over() {
        return Html::default();
    }
    let cancel = props.dispatch.reform(|_: MouseEvent| Action::CancelReading);
    let percent = reading.percent();
    let bar =
        percent.map_or_else(|| "width:100%;opacity:.4".to_owned(), |percent| format!("width:{percent}%"));
    html! {
        <>
            <span class="reading" role="progressbar" data-testid="progress" aria-label="Reading the recording" aria-valuemin="0"
                aria-valuemax="100" aria-valuenow={percent.map(|percent| percent.to_string())} aria-valuetext={words(reading)}>
                <span class="prog"><i style={bar}></i></span>
                <span class="t3 desk">{ words(reading) }</span>
            </span>
            <button class="btn line" data-testid="cancel" title="Keep what is read, leave the rest" onclick={cancel}>{ "Cancel" }</button>
        </>
    }
}

/// There once it was not read whole, above the view of what was.
pub fn not_whole(props: &PartProps) -> Html {
    let model = &props.model;
    let Link::File(reading) = &model.link else { return Html::default() };
    let (shape, class, role, why) = match &reading.end {
        Some(End::Cancelled) => (Shape::Warning, "banner", "status", None),
        Some(End::CutOff(_)) => (Shape::Warning, "banner", "status", None),
        Some(End::Broken(why)) => (Shape::Error, "banner bad", "alert", Some(why.clone())),
        Some(End::Whole) | None => return Html::default(),
    };
    // Read again it would end there again.
    let is_cut_off = matches!(reading.end, Some(End::CutOff(_)));
    let again = model.route.source.clone().filter(|_| !is_cut_off).map(|source| {
        let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Open(source.clone()));
        html! { <button class="btn line" {onclick}>{ if why.is_some() { "Try again" } else { "Read it whole" } }</button> }
    });
    html! {
        <div {class} {role} data-testid="notice">
            <Glyph {shape} label="not read whole" size={12} />
            <span class="wrap">
                <b>{ ended(reading) }</b>
                if let Some(why) = why { { format!(" {why}") } }
                <span class="t2">{ " The rest is missing in every view." }</span>
            </span>
            <i class="sp"></i>
            { again }
        </div>
    }
}

/// Where it stands, in a sentence.
pub fn cause(model: &Model) -> Option<String> {
    let Link::File(reading) = &model.link else { return None };
    Some(match reading.end {
        None => format!("The recording is being read: {}.", words(reading)),
        Some(End::Whole) => "A recording, read whole.".to_owned(),
        Some(End::Cancelled | End::CutOff(_) | End::Broken(_)) => format!("A recording. {}", ended(reading)),
    })
}

/// "41 % · 430 MB of 1.05 GB · 98.2 MB/s · 6 s left"
fn words(reading: &Reading) -> String {
    let bytes = |bytes: u64| format::bytes(bytes as f64);
    let mut parts = Vec::new();
    match (reading.percent(), reading.total) {
        (Some(percent), Some(total)) => {
            parts.push(format!("{percent} %"));
            parts.push(format!("{} of {}", bytes(reading.bytes).text(), bytes(total).text()));
        }
        _ => parts.push(bytes(reading.bytes).text()),
    }
    if reading.bytes_per_sec > 0 {
        parts.push(bytes(reading.bytes_per_sec).per_second());
    }
    if let Some(left_ms) = reading.left_ms() {
        // Whole seconds: it is an estimate.
        let left = match left_ms.div_ceil(1000).max(1) {
            seconds @ ..60 => format!("{seconds} s"),
            seconds => format::duration_ms(seconds * 1000),
        };
        parts.push(format!("{left} left"));
    }
    parts.join(" · ")
}

/// "Read to 41 % (430 MB of 1.05 GB), cancelled."
fn ended(reading: &Reading) -> String {
    let bytes = format::bytes(reading.bytes as f64).text();
    if let Some(End::CutOff(rest)) = reading.end {
        let rest = format::bytes(rest as f64).text();
        return format!("It ends in the middle of a frame: the last {rest} can't be read.");
    }
    let how = match reading.end {
        Some(End::Cancelled) => ", cancelled.",
        _ => ".",
    };
    match (reading.percent(), reading.total) {
        (Some(percent), Some(total)) => {
            format!("Read to {percent} % ({bytes} of {}){how}", format::bytes(total as f64).text())
        }
        _ => format!("Read to {bytes} of an unknown length{how}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_words_as_far_as_it_is_known() {
        let whole =
            Reading { bytes: 430_000_000, total: Some(1_050_000_000), bytes_per_sec: 98_200_000, end: None };
        assert_eq!(words(&whole), "40 % · 430 MB of 1.05 GB · 98.2 MB/s · 7 s left");
        assert_eq!(words(&Reading { bytes_per_sec: 0, ..whole.clone() }), "40 % · 430 MB of 1.05 GB");
        assert_eq!(words(&Reading { total: None, ..whole.clone() }), "430 MB · 98.2 MB/s");
        assert_eq!(
            words(&Reading { bytes: 1_049_999_999, ..whole }),
            "99 % · 1.05 GB of 1.05 GB · 98.2 MB/s · 1 s left"
        );
    }

    #[test]
    fn what_was_not_read_whole_says_how_far() {
        let cut = Reading {
            bytes: 430_000_000,
            total: Some(1_050_000_000),
            bytes_per_sec: 1,
            end: Some(End::Cancelled),
        };
        assert_eq!(ended(&cut), "Read to 40 % (430 MB of 1.05 GB), cancelled.");
        let ended_within = Reading { end: Some(End::CutOff(17)), ..cut.clone() };
        assert_eq!(ended(&ended_within), "It ends in the middle of a frame: the last 17 B can't be read.");
        let cut = Reading { total: None, end: Some(End::Broken("gone".into())), ..cut };
        assert_eq!(ended(&cut), "Read to 430 MB of an unknown length.");
    }
}
