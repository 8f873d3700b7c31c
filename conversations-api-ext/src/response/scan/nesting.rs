//! [`Nesting`]: the open containers, one bit each.

/// The open containers, innermost last. Each takes one bit on the heap, so that a body of many brackets cannot
/// exhaust memory or the stack.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// Bit 0 is the innermost; a set bit is an object.
    top: u64,
    full: Vec<u64>,
    depth: usize,
}

impl Nesting {
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) const fn in_object(&self) -> bool {
        self.top & 1 == 1
    }

    pub(super) fn open(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.full.push(self.top);
        }
        self.top = self.top << 1 | u64::from(object);
        self.depth += 1;
    }

    /// Closes the innermost container; does nothing if none is open.
    pub(super) fn close(&mut self) {
        let Some(depth) = self.depth.checked_sub(1) else {
            return;
        };
        self.depth = depth;
        self.top >>= 1;
        if depth > 0 && depth.is_multiple_of(64) {
            self.top = self.full.pop().unwrap_or(0);
        }
    }

    pub(super) fn clear(&mut self) {
        self.full.clear();
        (self.top, self.depth) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_remembers_every_level(steps in prop::collection::vec(any::<Option<bool>>(), 0..600)) {
            let mut nesting = Nesting::default();
            let mut model = Vec::new();
            for step in steps {
                match step {
                    Some(object) => {
                        nesting.open(object);
                        model.push(object);
                    }
                    None => {
                        nesting.close();
                        model.pop();
                    }
                }
                prop_assert_eq!(nesting.depth(), model.len());
                if let Some(object) = model.last() {
                    prop_assert_eq!(nesting.in_object(), *object);
                }
            }
        }
    }

    #[test]
    fn a_hundred_thousand_levels_are_remembered() {
        let mut nesting = Nesting::default();
        for level in 0..100_000 {
            nesting.open(level % 3 == 0);
        }
        for level in (0..100_000).rev() {
            assert_eq!(nesting.in_object(), level % 3 == 0);
            nesting.close();
        }
        assert_eq!(nesting.depth(), 0);
    }
}
