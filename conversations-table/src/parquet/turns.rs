//! [`TurnsBuilder`]: the column of turns, a list of structs.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, StructArray, builder::StringBuilder};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::DataType;
use serde_json::value::RawValue;

use super::{
    field_builder::{FieldBuilder, Held, finish},
    schema::{item, turn},
};
use crate::{
    cell::{self, Cell},
    column::TURN,
    object::{Leftovers, Object},
};

pub(super) struct TurnsBuilder {
    fields: Vec<FieldBuilder>,
    extra: StringBuilder,
    /// Marks the turns that are objects.
    objects: NullBufferBuilder,
    /// The number of turns of each conversation.
    lengths: Vec<usize>,
    /// Marks the conversations that have a list of turns.
    lists: NullBufferBuilder,
    leftovers: Leftovers,
    /// The number of values of each field that its column does not hold exactly.
    inexact: [u64; TURN.len()],
}

impl Default for TurnsBuilder {
    fn default() -> Self {
        Self {
            fields: TURN
                .iter()
                .map(|column| FieldBuilder::of(column.kind))
                .collect(),
            extra: StringBuilder::new(),
            objects: NullBufferBuilder::new(0),
            lengths: Vec::new(),
            lists: NullBufferBuilder::new(0),
            leftovers: Leftovers::default(),
            inexact: [0; TURN.len()],
        }
    }
}

impl TurnsBuilder {
    /// Adds the turns of one conversation. They are not held exactly if the field is not a list, or has items that are
    /// not objects.
    pub(super) fn push(&mut self, raw: Option<&RawValue>) -> Held {
        let is_held = self.push_all(raw);
        if is_held {
            Held::Fully
        } else {
            Held::Inexactly
        }
    }

    /// Adds the turns of one conversation, which must all be objects.
    pub(super) fn push_objects(&mut self, turns: Vec<Object<'_, { TURN.len() }>>) {
        self.lengths.push(turns.len());
        self.lists.append_non_null();
        for turn in turns {
            self.push_object(turn);
        }
    }

    /// Returns the fields of turns with the number of values that their column does not hold exactly.
    pub(super) fn inexact(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = TURN.iter().map(|column| column.name);
        names.zip(self.inexact).filter(|(_, count)| *count > 0)
    }

    fn push_all(&mut self, raw: Option<&RawValue>) -> bool {
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
        self.push_object(turn);
        true
    }

    fn push_object(&mut self, turn: Object<'_, { TURN.len() }>) {
        for (key, value) in &turn.others {
            self.leftovers.add(key, value);
        }
        for (index, (field, raw)) in self.fields.iter_mut().zip(turn.cells).enumerate() {
            let held = field.push(raw);
            self.inexact[index] += u64::from(held == Held::Inexactly);
            if held != Held::Fully
                && let Some(raw) = raw
            {
                self.leftovers.add(TURN[index].name, raw);
            }
        }
        self.leftovers
            .drain(|extra| self.extra.append_option(extra));
        self.objects.append_non_null();
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        let mut arrays: Vec<ArrayRef> = self.fields.iter_mut().map(FieldBuilder::finish).collect();
        arrays.push(Arc::new(finish(&mut self.extra)));
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
