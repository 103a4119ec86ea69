//! What an Avro file says its values are, and which columns that makes.

use serde_json::Value;
use std::collections::HashMap;

/// Types of one file that are looked at.
const MOST_TYPES: usize = 20_000;
/// Types within types that are followed.
const DEEPEST: u32 = 64;
/// Columns into which records within records are spread; more are written into one cell.
const MOST_COLUMNS: usize = 2_000;
/// Records within records that are spread.
const SPREAD: u32 = 8;

/// How a value is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Truth,
    /// Whole numbers of either width: both are written alike.
    Whole,
    Single,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    Enum(Vec<String>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record(Vec<Field>),
}

/// What a value means, beyond how it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Itself,
    /// Days since 1970.
    Date,
    /// So many of these in a second, since 1970.
    Time(i64),
    /// A number with so many digits behind the point.
    Decimal(u32),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) of: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type {
    pub(super) kind: Kind,
    pub(super) meaning: Meaning,
}

/// The types of a file, each called by its number, and the one of its rows.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) types: Vec<Type>,
    pub(super) root: usize,
}

/// How a row's values lie in columns.
#[derive(Debug)]
pub(super) enum Plan {
    /// One column, of this type.
    Cell(usize),
    /// Its fields, one behind the other.
    Record(Vec<Plan>),
    /// A record that may be missing: the number of the branch that says so.
    Maybe { nothing: u64, plan: Box<Plan> },
}

impl Plan {
    /// The columns it fills.
    pub(super) fn width(&self) -> usize {
        match self {
            Plan::Cell(_) => 1,
            Plan::Record(fields) => fields.iter().map(Plan::width).sum(),
            Plan::Maybe { plan, .. } => plan.width(),
        }
    }
}

impl Schema {
    /// Reads the JSON that tells the types; `None` where it makes no sense.
    pub(super) fn read(json: &[u8]) -> Option<Schema> {
        let json = serde_json::from_slice(json).ok()?;
        let mut reader = Reader { types: Vec::new(), named: HashMap::new() };
        let root = reader.add(&json, "", 0)?;
        Some(Schema { types: reader.types, root })
    }

    /// The type of this number.
    pub(super) fn kind(&self, of: usize) -> &Type {
        &self.types[of]
    }

    /// How a row is laid out, and what its columns are called.
    pub(super) fn columns(&self) -> (Plan, Vec<String>) {
        let mut names = Vec::new();
        let mut above = Vec::new();
        let plan = self.plan(self.root, "", &mut above, &mut names);
        (plan, names)
    }

    fn plan(&self, of: usize, name: &str, above: &mut Vec<usize>, names: &mut Vec<String>) -> Plan {
        let (record, nothing) = match &self.types[of].kind {
            Kind::Record(_) => (of, None),
            Kind::Union(branches) => match branches[..] {
                [a, b] if self.types[a].kind == Kind::Null => (b, Some(0)),
                [a, b] if self.types[b].kind == Kind::Null => (a, Some(1)),
                _ => (of, None),
            },
            _ => (of, None),
        };
        let spread = above.len() < SPREAD as usize && !above.contains(&record);
        match &self.types[record].kind {
            Kind::Record(fields) if spread && names.len() + fields.len() <= MOST_COLUMNS => {
                above.push(record);
                let inner = fields.iter().map(|field| {
                    let name = match name {
                        "" => field.name.clone(),
                        above => format!("{above}.{}", field.name),
                    };
                    self.plan(field.of, &name, above, names)
                });
                let plan = Plan::Record(inner.collect());
                above.pop();
                match nothing {
                    Some(nothing) => Plan::Maybe { nothing, plan: Box::new(plan) },
                    None => plan,
                }
            }
            _ => {
                names.push(name.to_owned());
                Plan::Cell(of)
            }
        }
    }
}

struct Reader {
    types: Vec<Type>,
    named: HashMap<String, usize>,
}

impl Reader {
    fn add(&mut self, json: &Value, space: &str, depth: u32) -> Option<usize> {
        if depth > DEEPEST || self.types.len() >= MOST_TYPES {
            return None;
        }
        match json {
            Value::String(name) => self.simple(name, space),
            Value::Array(branches) => {
                let of = self.push(Kind::Null);
                let branches = branches.iter().map(|branch| self.add(branch, space, depth + 1));
                self.types[of].kind = Kind::Union(branches.collect::<Option<_>>()?);
                Some(of)
            }
            Value::Object(about) => {
                let name = match about.get("type")? {
                    Value::String(name) => name.as_str(),
                    inner => return self.add(inner, space, depth + 1),
                };
                if !matches!(name, "record" | "error" | "enum" | "fixed" | "array" | "map") {
                    let of = self.simple(name, space)?;
                    // A type of its own, for it may mean something of its own.
                    let kind = self.types[of].kind.clone();
                    let meaning = meaning(json);
                    if meaning == Meaning::Itself {
                        return Some(of);
                    }
                    let of = self.push(kind);
                    self.types[of].meaning = meaning;
                    return Some(of);
                }
                let of = self.push(Kind::Null);
                let text = |key: &str| about.get(key).and_then(Value::as_str);
                let own = full(text("name").unwrap_or(""), text("namespace").unwrap_or(space));
                // Arrays and maps have no name, and stand where what is around them does.
                let space = match own.rsplit_once('.') {
                    Some((space, _)) => space,
                    None if own.is_empty() => space,
                    None => "",
                };
                // A record may hold itself: its name is known before its fields are.
                if !own.is_empty() {
                    self.named.insert(own.clone(), of);
                }
                let kind = match name {
                    "record" | "error" => {
                        let fields = about.get("fields")?.as_array()?.iter().map(|field| {
                            let name = field.get("name")?.as_str()?.to_owned();
                            let of = self.add(field.get("type")?, space, depth + 1)?;
                            Some(Field { name, of })
                        });
                        Kind::Record(fields.collect::<Option<_>>()?)
                    }
                    "enum" => {
                        let symbols = about.get("symbols")?.as_array()?.iter();
                        let symbols = symbols.map(|symbol| symbol.as_str().map(str::to_owned));
                        Kind::Enum(symbols.collect::<Option<_>>()?)
                    }
                    "fixed" => Kind::Fixed(usize::try_from(about.get("size")?.as_u64()?).ok()?),
                    "array" => Kind::Array(self.add(about.get("items")?, space, depth + 1)?),
                    _ => Kind::Map(self.add(about.get("values")?, space, depth + 1)?),
                };
                self.types[of] = Type { kind, meaning: meaning(json) };
                Some(of)
            }
            _ => None,
        }
    }

    /// A type that a name alone tells.
    fn simple(&mut self, name: &str, space: &str) -> Option<usize> {
        let kind = match name {
            "null" => Kind::Null,
            "boolean" => Kind::Truth,
            "int" | "long" => Kind::Whole,
            "float" => Kind::Single,
            "double" => Kind::Double,
            "bytes" => Kind::Bytes,
            "string" => Kind::Text,
            _ => {
                return self
                    .named
                    .get(&full(name, space))
                    .or_else(|| self.named.get(name))
                    .copied();
            }
        };
        Some(self.push(kind))
    }

    fn push(&mut self, kind: Kind) -> usize {
        self.types.push(Type { kind, meaning: Meaning::Itself });
        self.types.len() - 1
    }
}

/// A name with its namespace.
fn full(name: &str, space: &str) -> String {
    if name.is_empty() || name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}

fn meaning(about: &Value) -> Meaning {
    let Some(logical) = about.get("logicalType").and_then(Value::as_str) else {
        return Meaning::Itself;
    };
    match logical.strip_prefix("local-").unwrap_or(logical) {
        "date" => Meaning::Date,
        "timestamp-millis" => Meaning::Time(1_000),
        "timestamp-micros" => Meaning::Time(1_000_000),
        "timestamp-nanos" => Meaning::Time(1_000_000_000),
        "decimal" => {
            let scale = about.get("scale").and_then(Value::as_u64).unwrap_or(0);
            Meaning::Decimal(scale.min(38) as u32)
        }
        _ => Meaning::Itself,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_spread_into_columns_and_what_holds_itself_is_not() {
        let schema = br#"{"type": "record", "name": "Person", "namespace": "uk.test", "fields": [
            {"name": "name", "type": "string"},
            {"name": "home", "type": ["null", {"type": "record", "name": "Address", "fields": [
                {"name": "street", "type": "string"}, {"name": "postcode", "type": "string"}]}]},
            {"name": "work", "type": "Address"},
            {"name": "partner", "type": ["null", "uk.test.Person"]},
            {"name": "born", "type": {"type": "int", "logicalType": "date"}}]}"#;
        let (plan, names) = Schema::read(schema).unwrap().columns();
        let wanted = [
            "name",
            "home.street",
            "home.postcode",
            "work.street",
            "work.postcode",
            "partner",
            "born",
        ];
        assert_eq!(names, wanted);
        assert_eq!(plan.width(), wanted.len());
    }

    #[test]
    fn a_schema_that_names_what_is_not_there_is_none() {
        assert!(Schema::read(br#"{"type": "array", "items": "Nobody"}"#).is_none());
        assert!(Schema::read(b"[\"null\", 7]").is_none());
        assert!(Schema::read("[".repeat(500).as_bytes()).is_none());
    }
}
