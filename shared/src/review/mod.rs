//! Renders a review, purely, from one model.
