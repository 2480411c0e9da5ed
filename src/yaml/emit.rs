pub fn node(node: &super::Node) -> String { format!("{:#}\n", crate::compose::print::json(node)) }
