use dlpscan_core::model::{Handle, Item, ItemName, Origin};
use std::io;

/// Standard input, under the name `-`. It can be read once.
pub fn stdin() -> Item {
    Item {
        name: ItemName::from("-"),
        origin: Origin::Stdin,
        handle: Handle::Stream(Box::new(io::stdin())),
        envelope: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_is_named_by_a_dash() {
        let item = stdin();
        assert_eq!((item.name.as_str(), item.origin), ("-", Origin::Stdin));
        assert!(matches!(item.handle, Handle::Stream(_)));
    }
}
