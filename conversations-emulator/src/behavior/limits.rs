//! The bounds of `limit`.

/// What `limit` may be, in conversations a page, and what it is when absent.
///
/// ```
/// use conversations_emulator::Readings;
///
/// let limits = Readings::default().v1_limits;
/// assert_eq!((limits.default(), limits.maximum()), (5, 5000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    default: u32,
    maximum: u32,
}

impl Limits {
    /// A page of `default` conversations when a request names no limit, and `maximum` as the largest
    /// limit accepted. A maximum of 0 becomes 1, and the default is held between 1 and the maximum: no
    /// page can be asked for that could never hold a conversation.
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

    /// The limit of a request that names none.
    #[must_use]
    pub fn default(self) -> u32 {
        self.default
    }

    /// The largest limit accepted.
    #[must_use]
    pub fn maximum(self) -> u32 {
        self.maximum
    }
}
