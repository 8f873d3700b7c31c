//! The default and maximum of `limit`.

/// The default and maximum of the `limit` parameter, in conversations per page.
///
/// ```
/// use conversations_emulator::ServerBehavior;
///
/// let limits = ServerBehavior::default().v1_limits;
/// assert_eq!((limits.default(), limits.maximum()), (5, 5000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    default: u32,
    maximum: u32,
}

impl Limits {
    /// Creates limits with `default` conversations per page when a request has no `limit`, and `maximum`
    /// as the largest accepted value. A maximum of 0 becomes 1, and the default is clamped between 1 and
    /// the maximum, because a page that holds no conversation would never end a listing.
    ///
    /// ```
    /// use conversations_emulator::Limits;
    ///
    /// let limits = Limits::new(50, 20);
    /// assert_eq!((limits.default(), limits.maximum()), (20, 20));
    /// ```
    #[must_use]
    pub fn new(default: u32, maximum: u32) -> Self {
        let maximum = maximum.max(1);
        Self {
            default: default.clamp(1, maximum),
            maximum,
        }
    }

    /// The page size of a request without `limit`.
    #[must_use]
    pub fn default(self) -> u32 {
        self.default
    }

    /// The largest accepted `limit`.
    #[must_use]
    pub fn maximum(self) -> u32 {
        self.maximum
    }
}
