//! A canvas element at the screen's own resolution, and the style sheet's colours on it.

use std::{cell::RefCell, collections::HashMap};

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, CssStyleDeclaration, HtmlCanvasElement};

use super::{hue::Rgb, picture::Ink};
use crate::part::{colour::Token, size::Size};

/// A canvas ready to be painted.
pub struct Surface {
    pub canvas: HtmlCanvasElement,
    pub context: CanvasRenderingContext2d,
    /// CSS px.
    pub width: f64,
    pub height: f64,
    /// Device px per CSS px.
    pub scale: f64,
    style: CssStyleDeclaration,
    colours: RefCell<HashMap<Token, Rgb>>,
}

impl Surface {
    /// Sizes and clears the canvas. None where a browser gives no context, or there is no room.
    pub fn prepare(canvas: HtmlCanvasElement, size: Size) -> Option<Surface> {
        let window = web_sys::window()?;
        let scale = window.device_pixel_ratio().clamp(0.5, 8.0);
        if size.width < 1.0 || size.height < 1.0 {
            return None;
        }
        let (width, height) = ((size.width * scale).round() as u32, (size.height * scale).round() as u32);
        if (canvas.width(), canvas.height()) != (width, height) {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
        context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0).ok()?;
        context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        let style = window.get_computed_style(&canvas).ok()??;
        Some(Surface {
            canvas,
            context,
            width: size.width,
            height: size.height,
            scale,
            style,
            colours: RefCell::default(),
        })
    }

    /// From here on lengths are CSS px.
    pub fn scaled(&self) {
        self.context.set_transform(self.scale, 0.0, 0.0, self.scale, 0.0, 0.0).ok();
    }

    /// A colour of the theme that is shown now.
    pub fn colour(&self, token: Token) -> Rgb {
        *self.colours.borrow_mut().entry(token).or_insert_with(|| {
            let mut text = self.style.get_property_value(token).unwrap_or_default();
            // `--warn: var(--closing)` comes resolved from a computed style; a colour that is missing is grey.
            if text.is_empty() {
                text = "#808080".into();
            }
            Rgb::read(&text)
        })
    }

    pub fn css(&self, ink: Ink) -> String {
        self.colour(ink.token).css(ink.alpha)
    }

    /// A font family of the style sheet.
    pub fn family(&self, token: Token) -> String {
        let family = self.style.get_property_value(token).unwrap_or_default();
        if family.is_empty() { "sans-serif".into() } else { family.trim().to_owned() }
    }
}
