//! The small part of Markdown in which the rulebook writes its `about` texts: paragraphs, headings, lists, fenced
//! code; within them code spans, bold, emphasis and links. Everything else is plain text.
//!
//! Only texts of the rulebook come here. Text from a bundle is never read as Markdown.

use super::html::escape;

/// A part of an `about` text. The strings still hold their inline marks, except those of [`Block::Code`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Lines up to a blank one, joined by spaces.
    Paragraph(String),
    /// A heading of any level: an `about` text is too short to need several.
    Heading(String),
    /// Items, and whether they are numbered.
    List(bool, Vec<String>),
    /// The lines between two fences.
    Code(String),
}

/// Splits a text into its blocks.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut out = Vec::new();
    let mut lines = text.lines();
    // Whether the next plain line continues the last block.
    let mut open = false;
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if let Some(fence) = fence(trimmed) {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().starts_with(fence)).collect();
            out.push(Block::Code(code.join("\n")));
            open = false;
        } else if trimmed.is_empty() {
            open = false;
        } else if let Some(heading) = heading(trimmed) {
            out.push(Block::Heading(heading.to_owned()));
            open = false;
        } else if let Some((ordered, item)) = item(trimmed) {
            match out.last_mut() {
                Some(Block::List(kind, items)) if *kind == ordered => items.push(item.to_owned()),
                _ => out.push(Block::List(ordered, vec![item.to_owned()])),
            }
            open = true;
        } else if open {
            continue_block(out.last_mut(), trimmed);
        } else {
            out.push(Block::Paragraph(trimmed.to_owned()));
            open = true;
        }
    }
    out
}

fn continue_block(block: Option<&mut Block>, line: &str) {
    let text = match block {
        Some(Block::Paragraph(text)) => Some(text),
        Some(Block::List(_, items)) => items.last_mut(),
        _ => None,
    };
    if let Some(text) = text {
        text.push(' ');
        text.push_str(line);
    }
}

fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|fence| line.starts_with(fence))
}

fn heading(line: &str) -> Option<&str> {
    line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')).map(str::trim)
}

fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some((false, rest.trim_start()));
    }
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    line.starts_with(|c: char| c.is_ascii_digit()).then(|| (true, rest.trim_start()))
}

/// The text as HTML; all of its characters are escaped, only the marks become elements.
pub(super) fn to_html(text: &str) -> String {
    let mut out = String::new();
    for block in blocks(text) {
        match block {
            Block::Paragraph(text) => out.push_str(&format!("<p>{}</p>\n", inline(&text))),
            Block::Heading(text) => out.push_str(&format!("<p><strong>{}</strong></p>\n", inline(&text))),
            Block::Code(text) => out.push_str(&format!("<pre><code>{}</code></pre>\n", escape(&text))),
            Block::List(ordered, items) => {
                let tag = if ordered { "ol" } else { "ul" };
                out.push_str(&format!("<{tag}>"));
                items.iter().for_each(|item| out.push_str(&format!("<li>{}</li>", inline(item))));
                out.push_str(&format!("</{tag}>\n"));
            }
        }
    }
    out
}

/// The marks within a line as HTML.
fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (plain, marked) = rest.split_at(at);
        out.push_str(&escape(plain));
        let element =
            code(marked).or_else(|| strong(marked)).or_else(|| emphasis(marked)).or_else(|| link(marked));
        match element {
            Some((html, after)) => {
                out.push_str(&html);
                rest = after;
            }
            None => {
                let (mark, after) = marked.split_at(1);
                out.push_str(mark);
                rest = after;
            }
        }
    }
    out.push_str(&escape(rest));
    out
}

fn code(text: &str) -> Option<(String, &str)> {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let (fence, rest) = text.split_at(ticks);
    let (inside, after) = rest.split_once(fence).filter(|_| ticks > 0)?;
    Some((format!("<code>{}</code>", escape(inside.trim())), after))
}

fn strong(text: &str) -> Option<(String, &str)> {
    let (inside, after) = text.strip_prefix("**")?.split_once("**")?;
    (!inside.trim().is_empty()).then(|| (format!("<strong>{}</strong>", inline(inside)), after))
}

fn emphasis(text: &str) -> Option<(String, &str)> {
    let (inside, after) = text.strip_prefix('*')?.split_once('*')?;
    let tight = !inside.is_empty() && !inside.starts_with(' ') && !inside.ends_with(' ');
    tight.then(|| (format!("<em>{}</em>", inline(inside)), after))
}

fn link(text: &str) -> Option<(String, &str)> {
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (url, after) = rest.split_once(')')?;
    let url = allowed(url)?;
    Some((format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", escape(url), escape(label)), after))
}

/// The address if it may become a link: `https` or `http`, and nothing in it that is not of an address.
pub(super) fn allowed(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\');
    (!rest.is_empty() && rest.chars().all(plain)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_becomes_html() {
        for (markdown, html) in [
            ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>\n"),
            ("## Why\n\nBecause.", "<p><strong>Why</strong></p>\n<p>Because.</p>\n"),
            (
                "- a `x < y`\n- **b**\n  and *c*",
                "<ul><li>a <code>x &lt; y</code></li><li><strong>b</strong> and <em>c</em></li></ul>\n",
            ),
            ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>\n"),
            ("```sh\nls <x>\n\nid\n```\nend", "<pre><code>ls &lt;x&gt;\n\nid</code></pre>\n<p>end</p>\n"),
            ("2 * 3 * 4 and a_b_c", "<p>2 * 3 * 4 and a_b_c</p>\n"),
            (
                "[etcd](https://etcd.io/docs)",
                "<p><a href=\"https://etcd.io/docs\" rel=\"noreferrer\">etcd</a></p>\n",
            ),
        ] {
            assert_eq!(to_html(markdown), html, "{markdown}");
        }
    }

    #[test]
    fn html_and_other_schemes_stay_text() {
        assert_eq!(to_html("<script>x</script>"), "<p>&lt;script&gt;x&lt;/script&gt;</p>\n");
        assert_eq!(to_html("[x](javascript:alert)"), "<p>[x](javascript:alert)</p>\n");
        assert_eq!(allowed("https://a b"), None);
        assert_eq!(allowed("https://a\"onclick=x"), None);
        assert_eq!(allowed("HTTPS://example.com"), None);
    }

    #[test]
    fn marks_that_do_not_close_are_text() {
        assert_eq!(to_html("a ** b ` c [d"), "<p>a ** b ` c [d</p>\n");
    }
}
