//! [`ColumnBuilder`]: one column of a batch under construction.

use std::sync::Arc;

use arrow_array::{
    ArrayRef,
    builder::{Date32Builder, Int32Builder},
};
use serde_json::value::RawValue;

use super::{
    field_builder::{FieldBuilder, Held},
    turns::TurnsBuilder,
};
use crate::{
    column::{CONVERSATION, Kind},
    columns::Choice,
};

pub(super) enum ColumnBuilder {
    Field(FieldBuilder),
    Turns(Box<TurnsBuilder>),
    Date(Date32Builder),
    Hour(Int32Builder),
}

impl ColumnBuilder {
    pub(super) fn new(choice: &Choice) -> Self {
        match choice {
            Choice::Field(index) => match CONVERSATION[*index].kind {
                Kind::Turns => Self::Turns(Box::default()),
                kind => Self::Field(FieldBuilder::of(kind)),
            },
            Choice::Direction | Choice::Extra | Choice::Metric(_) => {
                Self::Field(FieldBuilder::of(Kind::Text))
            }
            Choice::LocalDate => Self::Date(Date32Builder::new()),
            Choice::LocalHour => Self::Hour(Int32Builder::new()),
        }
    }

    /// Adds the value of a field, and returns how precisely the column holds it.
    pub(super) fn push(&mut self, raw: Option<&RawValue>) -> Held {
        match self {
            Self::Field(column) => column.push(raw),
            Self::Turns(column) => column.push(raw),
            Self::Date(_) | Self::Hour(_) => unreachable!("no field of a record has this type"),
        }
    }

    /// Returns the builder of the column of turns, if this is it.
    pub(super) fn turns_mut(&mut self) -> Option<&mut TurnsBuilder> {
        match self {
            Self::Turns(turns) => Some(turns),
            _ => None,
        }
    }

    /// Returns the builder of the column of turns, if this is it.
    pub(super) fn turns(&self) -> Option<&TurnsBuilder> {
        match self {
            Self::Turns(turns) => Some(turns),
            _ => None,
        }
    }

    pub(super) fn push_text(&mut self, text: Option<&str>) {
        match self {
            Self::Field(FieldBuilder::Text(column)) => column.append_option(text),
            _ => unreachable!("only made for columns of text"),
        }
    }

    pub(super) fn push_date(&mut self, days: Option<i32>) {
        match self {
            Self::Date(column) => column.append_option(days),
            _ => unreachable!("only made for columns of dates"),
        }
    }

    pub(super) fn push_hour(&mut self, hour: Option<u8>) {
        match self {
            Self::Hour(column) => column.append_option(hour.map(i32::from)),
            _ => unreachable!("only made for columns of hours"),
        }
    }

    /// Returns the column so far, and clears the builder.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Field(column) => column.finish(),
            Self::Turns(column) => column.finish(),
            Self::Date(column) => Arc::new(column.finish()),
            Self::Hour(column) => Arc::new(column.finish()),
        }
    }
}
