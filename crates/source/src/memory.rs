use dlpscan_core::model::{Handle, Item, ItemName, Origin};
use std::sync::Arc;

/// Bytes the caller holds, under the name the caller gives them.
pub fn memory(name: impl Into<ItemName>, bytes: impl Into<Arc<[u8]>>) -> Item {
    Item {
        name: name.into(),
        origin: Origin::Memory,
        handle: Handle::Memory(bytes.into()),
        envelope: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_its_name_and_its_bytes() {
        let item = memory("draft", &b"text"[..]);
        assert_eq!((item.name.as_str(), item.origin), ("draft", Origin::Memory));
        assert!(matches!(item.handle, Handle::Memory(bytes) if &*bytes == b"text"));
    }
}
