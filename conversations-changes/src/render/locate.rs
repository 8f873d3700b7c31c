//! Finds the line of a JSON pointer in a block-style YAML document.

/// The line, from 1, of the deepest part of `pointer` that `text` contains; 1 if there is none.
pub(super) fn line_of(text: &str, pointer: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let mut scope = Scope {
        from: 0,
        until: lines.len(),
        indentation: 0,
    };
    let mut found = 1;
    for key in pointer.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        let Some(line) = scope.find(&lines, &key) else {
            return found;
        };
        found = line + 1;
        scope = scope.below(&lines, line);
    }
    found
}

/// The lines of one node, and the indentation of its keys.
struct Scope {
    from: usize,
    until: usize,
    indentation: usize,
}

impl Scope {
    fn find(&self, lines: &[&str], key: &str) -> Option<usize> {
        let mut item = 0_usize;
        for (index, line) in lines.iter().enumerate().take(self.until).skip(self.from) {
            let (indentation, text) = content(line)?;
            if indentation != self.indentation {
                continue;
            }
            let is_item = text.starts_with("- ");
            if is_item && key.parse() == Ok(item) {
                return Some(index);
            }
            item += usize::from(is_item);
            if is_key(text, key) {
                return Some(index);
            }
        }
        // The first key of a list element is on the line of its dash.
        let (_, first) = content(lines.get(self.from.checked_sub(1)?)?)?;
        is_key(first.strip_prefix("- ")?, key).then(|| self.from - 1)
    }

    fn below(&self, lines: &[&str], line: usize) -> Self {
        let own = content(lines[line]).map_or(0, |(indentation, _)| indentation);
        let rest = || lines[line + 1..].iter().map(|line| content(line));
        let until = rest()
            .position(|line| {
                line.is_some_and(|(indentation, text)| indentation <= own && !text.is_empty())
            })
            .map_or(lines.len(), |count| line + 1 + count);
        let indentation = rest()
            .flatten()
            .find(|(_, text)| !text.is_empty())
            .map_or(own + 2, |(indentation, _)| indentation);
        Self {
            from: line + 1,
            until,
            indentation,
        }
    }
}

/// Indentation and text; an empty line has neither and belongs to every scope.
fn content(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start();
    match text.is_empty() || text.starts_with('#') {
        true => Some((usize::MAX, "")),
        false => Some((line.len() - text.len(), text)),
    }
}

fn is_key(text: &str, key: &str) -> bool {
    let text = text.strip_prefix("- ").unwrap_or(text);
    let bare = text.strip_prefix(['\'', '"']).unwrap_or(text);
    bare.strip_prefix(key)
        .is_some_and(|rest| rest.trim_start_matches(['\'', '"']).starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
openapi: 3.0.1
paths:
  /v3/{a}:
    get:
      parameters:
        - name: one
          schema:
            type: string
        - name: limit
          # why
          schema:
            maximum: 1000
      responses:
        '200':
          description: >-
            ok
";

    #[test]
    fn keys_elements_and_quoted_keys_are_found() {
        let line = |pointer| line_of(TEXT, pointer);
        assert_eq!(line("/openapi"), 1);
        assert_eq!(line("/paths/~1v3~1{a}/get"), 4);
        assert_eq!(line("/paths/~1v3~1{a}/get/parameters/1"), 9);
        assert_eq!(line("/paths/~1v3~1{a}/get/parameters/1/name"), 9);
        assert_eq!(line("/paths/~1v3~1{a}/get/parameters/1/schema/maximum"), 12);
        assert_eq!(line("/paths/~1v3~1{a}/get/responses/200/description"), 15);
    }

    #[test]
    fn a_missing_pointer_is_located_at_its_deepest_existing_parent() {
        assert_eq!(line_of(TEXT, "/paths/~1v3~1{a}/get/security"), 4);
        assert_eq!(line_of("", "/paths"), 1);
        assert_eq!(line_of("{\"paths\": {}}", "/paths/x"), 1);
    }
}
