//! The column of turns: a list of structs.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, StructArray, builder::StringBuilder};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::DataType;
use serde_json::value::RawValue;

use super::{
    column_builder::ColumnBuilder,
    schema::{item, turn},
};
use crate::{
    cell::{self, Cell},
    column::TURN,
    object::{Leftovers, Object},
};

pub(super) struct TurnsBuilder {
    fields: Vec<ColumnBuilder>,
    extra: StringBuilder,
    /// Which turns are objects.
    objects: NullBufferBuilder,
    /// How many turns each conversation has.
    lengths: Vec<usize>,
    /// Which conversations have a list of turns.
    lists: NullBufferBuilder,
    leftovers: Leftovers,
}

impl Default for TurnsBuilder {
    fn default() -> Self {
        Self {
            fields: TURN
                .iter()
                .map(|column| ColumnBuilder::of(column.kind))
                .collect(),
            extra: StringBuilder::new(),
            objects: NullBufferBuilder::new(0),
            lengths: Vec::new(),
            lists: NullBufferBuilder::new(0),
            leftovers: Leftovers::default(),
        }
    }
}

impl TurnsBuilder {
    /// Adds the turns of one conversation. `false` if they are not all held: the field is no list, or has
    /// items that are no objects.
    pub(super) fn push(&mut self, raw: Option<&RawValue>) -> bool {
        let turns = match cell::items(raw) {
            Cell::Value(turns) => turns,
            cell => {
                self.lengths.push(0);
                self.lists.append_null();
                return matches!(cell, Cell::Empty);
            }
        };
        self.lengths.push(turns.len());
        self.lists.append_non_null();
        let mut all = true;
        for turn in turns {
            all &= self.push_turn(turn);
        }
        all
    }

    fn push_turn(&mut self, raw: &RawValue) -> bool {
        let Some(turn) = Object::read(raw.get(), &TURN) else {
            for field in &mut self.fields {
                field.push(None);
            }
            self.extra.append_null();
            self.objects.append_null();
            return false;
        };
        for (key, value) in &turn.others {
            self.leftovers.add(key, value);
        }
        for ((field, column), raw) in self.fields.iter_mut().zip(&TURN).zip(turn.cells) {
            if !field.push(raw)
                && let Some(raw) = raw
            {
                self.leftovers.add(column.name, raw);
            }
        }
        self.leftovers
            .drain(|extra| self.extra.append_option(extra));
        self.objects.append_non_null();
        true
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        let mut arrays: Vec<ArrayRef> = self.fields.iter_mut().map(ColumnBuilder::finish).collect();
        arrays.push(Arc::new(self.extra.finish()));
        let turns = StructArray::new(turn(), arrays, self.objects.finish());
        let offsets = OffsetBuffer::from_lengths(self.lengths.drain(..));
        let field = item(DataType::Struct(turn()));
        Arc::new(ListArray::new(
            field,
            offsets,
            Arc::new(turns),
            self.lists.finish(),
        ))
    }
}
