//! One page for the browser that needs nothing else: no request, no script to be read, nothing from the bundle
//! that could act.
//!
//! Every printed value goes through one formatter: invisible characters become visible, then HTML is escaped. A
//! template cannot forget it. The content policy allows exactly our style and our script, by their hashes.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use sha2::{Digest, Sha256};

use super::view::{Detail, View, view};
use super::{RenderError, prose};
use crate::analysis::Analysis;
use crate::base::text::visible;

const TEMPLATE: &str = include_str!("../../templates/report.html.jinja");
const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// Evidence for a page of less than 5 MB, whatever the bundle.
const DETAIL: Detail = Detail { root: 8, other: 5, context: 3, width: 1_000, bytes: 2 << 20 };

#[derive(serde::Serialize)]
struct Page {
    view: View,
    style: Value,
    script: Value,
    style_hash: String,
    script_hash: String,
    icon: String,
}

/// Writes `report.html`.
pub(super) fn render(analysis: &Analysis) -> Result<String, RenderError> {
    let view = view(analysis, DETAIL);
    let page = Page {
        icon: icon(view.worst),
        view,
        style: Value::from_safe_string(STYLE.to_owned()),
        script: Value::from_safe_string(SCRIPT.to_owned()),
        style_hash: hash(STYLE),
        script_hash: hash(SCRIPT),
    };
    Ok(environment()?.get_template("report.html")?.render(Serde(&page))?)
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = super::templates()?;
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_formatter(|out, _, value| super::print_value(out, value, escape));
    env.add_filter("prose", |text: &str| Value::from_safe_string(prose::to_html(text)));
    env.add_template("report.html", TEMPLATE)?;
    Ok(env)
}

/// Text for an element or a quoted attribute: invisible characters made visible, line breaks kept, HTML escaped.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for c in visible(line).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
        }
    }
    out
}

/// The source expression of the content policy that allows exactly this text.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

/// A picture of one pixel in the colour of the worst severity, so that open tabs can be told apart.
fn icon(worst: &str) -> String {
    let [red, green, blue] = match worst {
        "critical" => [0xa4, 0x16, 0x32],
        "error" => [0xc2, 0x4a, 0x0c],
        "warning" => [0xc9, 0x9a, 0x1a],
        "info" => [0x2f, 0x62, 0x9b],
        _ => [0x8a, 0x8f, 0x96],
    };
    let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec();
    gif.extend([red, green, blue, 0, 0, 0]);
    gif.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;");
    format!("data:image/gif;base64,{}", base64(&gif))
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4_usize {
            let index = (bits >> (18 - 6 * i)) as usize & 63;
            let digit = ALPHABET.get(index).copied().map_or('=', char::from);
            out.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, sample};

    /// The start tags of a page, in order. The page is our own, so a scan for `<letter` outside of style and script
    /// is a parse of it.
    fn tags(html: &str) -> Vec<String> {
        let mut out = Vec::new();
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            if name.is_empty() {
                continue;
            }
            if name == "style" || name == "script" {
                rest = &rest[rest.find(&format!("</{name}>")).unwrap()..];
            }
            out.push(name);
        }
        out
    }

    fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
        html.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    fn body(html: &str) -> &str {
        &html[html.find("<body").unwrap()..html.find("<script").unwrap()]
    }

    #[test]
    fn hostile_text_adds_no_element_and_no_link() {
        let benign = render(&sample::with_text(|_| "plain".to_owned())).unwrap();
        for hostile in sample::HOSTILE {
            let page = render(&sample::with_text(|_| (*hostile).to_owned())).unwrap();
            assert_eq!(tags(&page), tags(&benign), "{hostile:?}");
            assert_eq!(page.matches("<script").count(), 1, "{hostile:?}");
            assert_eq!(attributes(&page, "href").len(), attributes(&benign, "href").len());
            assert!(!page.contains("{{49}}") && !page.contains(">49<"), "a template ran: {hostile:?}");
            assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'), "{hostile:?}");
            assert!(!attributes(&page, "href").iter().any(|url| url.to_lowercase().contains("script:")));
        }
    }

    #[test]
    fn hostile_text_is_still_readable() {
        let page = render(&sample::with_text(|_| "<img onerror=\"x\"> \u{202e}".to_owned())).unwrap();
        assert!(page.contains("&lt;img onerror=&quot;x&quot;&gt; ⟨U+202E⟩"));
    }

    #[test]
    fn nothing_is_loaded_and_nothing_is_styled_in_place() {
        let page = render(&sample()).unwrap();
        for name in ["src", "action", "srcset", "style", "onclick", "onerror"] {
            assert_eq!(attributes(&page, name), Vec::<&str>::new(), "{name}");
        }
        let head = &page[..page.find("<body").unwrap()];
        for url in attributes(head, "href") {
            assert!(url.starts_with("data:"), "{url}");
        }
        for url in attributes(body(&page), "href") {
            let listed = sample().findings.iter().any(|f| f.references.iter().any(|r| r == url));
            assert!(url.starts_with('#') || listed, "{url} is not of the rulebook");
        }
    }

    #[test]
    fn the_policy_names_the_style_and_the_script_that_are_there() {
        let page = render(&sample()).unwrap();
        for (tag, kind) in [("style", "style-src"), ("script", "script-src")] {
            let start = page.find(&format!("<{tag}>")).unwrap() + tag.len() + 2;
            let end = page.find(&format!("</{tag}>")).unwrap();
            assert!(page.contains(&format!("{kind} '{}'", hash(&page[start..end]))), "{tag}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn without_its_script_the_page_holds_everything() {
        let analysis = sample();
        let page = render(&analysis).unwrap();
        let body = body(&page);
        for finding in &analysis.findings {
            assert!(body.contains(&escape(finding.title.raw())));
            finding.evidence.iter().for_each(|e| assert!(body.contains(&escape(e.text.raw())), "{e:?}"));
            for step in &finding.remedy {
                assert!(body.contains(&escape(&step.step)));
                assert!(step.run.iter().all(|run| body.contains(&escape(run))));
            }
        }
        for unknown in &analysis.unknown {
            assert!(body.contains(&escape(&unknown.title)));
            unknown.missing.iter().flat_map(|m| &m.collect).for_each(|c| assert!(body.contains(&escape(c))));
        }
    }

    #[test]
    fn every_anchor_is_unique_and_every_inner_link_arrives() {
        let page = render(&sample()).unwrap();
        let ids = attributes(&page, "id");
        let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{ids:?}");
        for url in attributes(&page, "href") {
            assert!(url.strip_prefix('#').is_none_or(|id| ids.contains(&id)), "{url}");
        }
    }

    #[test]
    fn nothing_found_and_nothing_known_are_never_healthy() {
        for analysis in [sample::nothing_found(), sample::nothing_known()] {
            let page = render(&analysis).unwrap().to_lowercase();
            assert!(!body(&page).contains("healthy"));
            assert!(body(&page).contains("not checked"));
        }
    }

    #[test]
    fn a_large_result_stays_below_five_megabytes() {
        let page = render(&sample::large(500)).unwrap();
        assert!(page.len() < 5_000_000, "{}", page.len());
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    /// The custom properties of a theme: those of `:root` in the part of the style sheet after `start`.
    fn palette(start: &str) -> std::collections::BTreeMap<String, [f64; 3]> {
        let block = &STYLE[STYLE.find(start).unwrap()..];
        let block = &block[block.find(":root").unwrap()..];
        let block = &block[..block.find('}').unwrap()];
        block
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"))
            .map(|(name, hex)| {
                let channel = |i: usize| f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
                (name.to_owned(), [channel(0), channel(2), channel(4)])
            })
            .collect()
    }

    /// WCAG 2.2, relative luminance and contrast ratio.
    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let luminance = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_colour_can_be_read_on_every_ground_in_both_themes() {
        let texts = ["ink", "soft", "accent", "critical", "error", "warning", "info"];
        let grounds = ["paper", "card", "sunk", "mark"];
        for theme in ["/* Light", "/* Dark"] {
            let palette = palette(theme);
            for (text, ground) in texts.iter().flat_map(|text| grounds.map(|ground| (*text, ground))) {
                let ratio = contrast(palette[text], palette[ground]);
                assert!(ratio >= 4.5, "{theme}: {text} on {ground} is {ratio:.2}");
            }
            for severity in ["critical", "error", "warning", "info"] {
                let ratio = contrast(palette["on-severity"], palette[severity]);
                assert!(ratio >= 4.5, "{theme}: on-severity on {severity} is {ratio:.2}");
            }
        }
    }
}
