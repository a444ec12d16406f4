//! Frames in a file.
