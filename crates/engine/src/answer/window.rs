//! The part of a long list that is in view: each row gets its place, from the first on.

/// Rows of one answer, whatever is asked: the page takes 120 at most.
const MAX_ROWS: usize = 120;

pub struct Window {
    from_px: u64,
    to_px: u64,
    /// Where the next row begins, and its number.
    y_px: u64,
    number: u32,
    /// Of the first row in view.
    first: Option<(u32, u32)>,
    shown: usize,
}

impl Window {
    pub fn new(scroll_px: u32, height_px: u32) -> Window {
        let from_px = u64::from(scroll_px);
        Window { from_px, to_px: from_px + u64::from(height_px), y_px: 0, number: 0, first: None, shown: 0 }
    }

    /// Gives the next row its place. True: it is in view.
    pub fn place(&mut self, height_px: u16) -> bool {
        let height = u64::from(height_px.max(1));
        let is_within = self.y_px + height > self.from_px && self.y_px < self.to_px;
        let is_shown = is_within && self.shown < MAX_ROWS;
        if is_shown {
            self.first.get_or_insert((self.y_px as u32, self.number));
            self.shown += 1;
        }
        self.y_px += height;
        self.number += 1;
        is_shown
    }

    /// Where the first row in view begins, px, and its number.
    pub fn first(&self) -> (u32, u32) {
        self.first.unwrap_or_default()
    }

    pub fn total_px(&self) -> u32 {
        self.y_px.min(u64::from(u32::MAX)) as u32
    }

    pub fn count(&self) -> u32 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_view_begins_where_the_rows_before_end() {
        let mut window = Window::new(50, 30);
        let shown: Vec<bool> = [26, 32, 26, 0, 26].map(|height| window.place(height)).into();
        assert_eq!(shown, [false, true, true, false, false]);
        assert_eq!((window.first(), window.total_px(), window.count()), ((26, 1), 111, 5));
        let mut all = Window::new(0, u32::MAX);
        assert_eq!((0..500).filter(|_| all.place(26)).count(), MAX_ROWS);
    }
}
