//! Looks at nodes that fall silent and come back.
