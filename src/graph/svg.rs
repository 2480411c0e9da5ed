//! The graph as SVG: services in columns, each to the left of what it depends on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::Graph;

/// Pixels: the size of a box, and the room between boxes.
const WIDTH: usize = 225;
const HEIGHT: usize = 46;
const BETWEEN_COLUMNS: usize = 80;
const BETWEEN_ROWS: usize = 16;
const MARGIN: usize = 12;

/// Characters of a name that fit into a box.
const LONGEST: usize = 24;

/// Services that depend on nothing and that nothing depends on are in rows of so many.
const LONE_COLUMNS: usize = 4;

/// Where each service is: its column, and its distance from the top in halves of rows.
type Places<'a> = BTreeMap<&'a str, (usize, usize)>;

/// The picture.
pub(super) fn drawn(graph: &Graph) -> String {
    let places = places(graph);
    let columns = places.values().map(|(column, _)| column + 1).max().unwrap_or(0);
    let rows = places.values().map(|(_, halves)| halves.div_ceil(2) + 1).max().unwrap_or(0);
    let width = 2 * MARGIN + columns * WIDTH + columns.saturating_sub(1) * BETWEEN_COLUMNS;
    let height = 2 * MARGIN + rows * HEIGHT + rows.saturating_sub(1) * BETWEEN_ROWS;
    let mut svg = format!(
        "<svg role=\"img\" aria-label=\"Services and what they depend on\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n"
    );
    for ((from, to), condition) in &graph.dependencies {
        let (Some(from_place), Some(to_place)) = (places.get(from.as_str()), places.get(to.as_str())) else {
            continue;
        };
        let ((x, y), (to_x, to_y)) = (corner(*from_place), corner(*to_place));
        let (x, y, to_y) = (x + WIDTH, y + HEIGHT / 2, to_y + HEIGHT / 2);
        let bend = x + BETWEEN_COLUMNS / 2;
        let back = to_x.saturating_sub(BETWEEN_COLUMNS / 2);
        let _ = writeln!(
            svg,
            "<path class=\"edge {condition}\" d=\"M{x} {y}C{bend} {y} {back} {to_y} {to_x} {to_y}\" \
             marker-end=\"url(#arrow)\"><title>{} depends on {}: {condition}</title></path>",
            escaped(from),
            escaped(to),
            condition = escaped(condition),
        );
    }
    for (name, service) in &graph.services {
        let Some(place) = places.get(name.as_str()) else { continue };
        let (x, y) = corner(*place);
        let only = graph.only(service);
        let class = if only.is_some() { "service partly" } else { "service" };
        let only = only.map_or_else(String::new, |only| format!(" (only {only})"));
        let _ = writeln!(
            svg,
            "<g class=\"{class}\"><title>{name}: {image}{only}</title>\
             <rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\
             <text x=\"{text_x}\" y=\"{name_y}\">{short}</text>\
             <text class=\"image\" x=\"{text_x}\" y=\"{image_y}\">{short_image}</text></g>",
            name = escaped(name),
            image = escaped(&service.image),
            only = escaped(&only),
            short = escaped(&shortened(name)),
            short_image = escaped(&end(&service.image)),
            text_x = x + 10,
            name_y = y + 19,
            image_y = y + 36,
        );
    }
    svg.push_str("</svg>");
    svg
}

fn corner((column, halves): (usize, usize)) -> (usize, usize) {
    (MARGIN + column * (WIDTH + BETWEEN_COLUMNS), MARGIN + halves * (HEIGHT + BETWEEN_ROWS) / 2)
}

/// A column for each step on the longest way of dependencies. Services of a column are in the order of those that
/// depend on them, which keeps most lines apart; services without any dependency are below.
fn places(graph: &Graph) -> Places<'_> {
    let edges: Vec<(&str, &str)> =
        graph.dependencies.keys().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let tied: BTreeSet<&str> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let mut columns: BTreeMap<&str, usize> = tied.iter().map(|name| (*name, 0)).collect();
    // Environments may depend on each other's services in a circle: the number of steps is bounded.
    for _ in 0..tied.len() {
        let before = columns.clone();
        for (from, to) in &edges {
            let behind = columns.get(from).map_or(0, |column| column + 1);
            if let Some(column) =
                columns.get_mut(to).filter(|column| **column < behind && behind < tied.len())
            {
                *column = behind;
            }
        }
        if columns == before {
            break;
        }
    }
    let mut places = Places::new();
    let deepest = columns.values().copied().max().unwrap_or(0);
    let length = |column: usize| columns.values().filter(|own| **own == column).count();
    let longest = (0..=deepest).map(length).max().unwrap_or(0);
    for column in 0..=deepest {
        let mut members: Vec<&str> =
            columns.iter().filter(|(_, own)| **own == column).map(|(name, _)| *name).collect();
        let weight = |name: &&str| {
            let rows: Vec<usize> = edges
                .iter()
                .filter(|(_, to)| to == name)
                .filter_map(|(from, _)| places.get(from).map(|(_, row)| *row))
                .collect();
            rows.iter().sum::<usize>().checked_div(rows.len()).unwrap_or(0)
        };
        members.sort_by_key(weight);
        // A short column is beside the middle of the longest one.
        let top = longest - members.len();
        places.extend(members.into_iter().enumerate().map(|(row, name)| (name, (column, top + 2 * row))));
    }
    let lone = graph.services.keys().map(String::as_str).filter(|name| !tied.contains(name));
    places.extend(
        lone.enumerate()
            .map(|(index, name)| (name, (index % LONE_COLUMNS, 2 * (longest + index / LONE_COLUMNS))))
            .collect::<Vec<_>>(),
    );
    places
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST - 1).collect();
    format!("{kept}…")
}

/// The end of an image's name, which tells it from others of its registry.
fn end(image: &str) -> String {
    let length = image.chars().count();
    if length <= LONGEST {
        return image.to_owned();
    }
    let kept: String = image.chars().skip(length + 1 - LONGEST).collect();
    format!("…{kept}")
}

/// A text within an element or an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)], lone: &[&str]) -> Graph {
        let mut graph = Graph::default();
        for (from, to) in edges {
            graph.dependencies.insert(((*from).into(), (*to).into()), "service_started".into());
        }
        let names = edges.iter().flat_map(|(from, to)| [*from, *to]).chain(lone.iter().copied());
        graph.services = names.map(|name| (name.to_owned(), super::super::Service::default())).collect();
        graph
    }

    #[test]
    fn each_service_is_to_the_left_of_what_it_depends_on() {
        let graph = graph(&[("web", "api"), ("api", "db"), ("web", "db")], &["mail"]);
        let places = places(&graph);
        assert_eq!(places["web"], (0, 0));
        assert_eq!(places["api"], (1, 0));
        assert_eq!(places["db"], (2, 0));
        assert_eq!(places["mail"], (0, 2));
    }

    #[test]
    fn no_two_services_are_at_one_place_even_in_a_circle() {
        let graph = graph(&[("a", "b"), ("b", "a"), ("b", "c"), ("d", "c")], &["e", "f", "g", "h", "i"]);
        let places = places(&graph);
        let distinct: BTreeSet<_> = places.values().collect();
        assert_eq!((places.len(), distinct.len()), (9, 9));
    }

    #[test]
    fn names_are_text() {
        let svg = drawn(&graph(&[], &["<script>"]));
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"));
    }
}
