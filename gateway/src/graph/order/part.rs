//! The parts of an order.

use contracts::{
    crm::order::v1,
    view::{Str, crm::order::v1 as view},
};

use crate::{
    graph::{
        actor::Actor,
        employee::EmployeesById,
        id::{GlobalId, Kind},
        part::part,
        scalar::{Moment, optional},
    },
    read::{Link, object},
};

part! {
    /// That somebody does an order.
    Assignment = view::Assignment
}

/// That somebody does an order.
#[object]
impl Assignment<'_> {
    /// The employee's name, which follows the employee.
    fn employee_name(&self) -> Str<'_> {
        self.0.employee_name()
    }

    /// When they were assigned.
    fn assigned_at(&self) -> Option<Moment> {
        Moment::read(self.0.assigned_at())
    }

    /// Why they were assigned although they are on time off; null where they aren't.
    fn override_reason(&self) -> Option<Str<'_>> {
        optional(self.0.override_reason())
    }

    /// The employee; null for one whom the viewer may not see.
    fn employee(&self) -> Link<EmployeesById> {
        Link::to_optional(self.0.employee_id())
    }
}

part! {
    /// A comment of the office or the crew.
    Comment = view::Comment or v1::Comment
}

/// A comment of the office or the crew.
#[object]
impl Comment<'_> {
    /// Its id; it is found in what it belongs to only.
    fn id(&self) -> GlobalId<'_> {
        Kind::Comment.of(self.0.id())
    }

    /// The comment.
    fn text(&self) -> Str<'_> {
        self.0.text()
    }

    /// Who wrote it.
    fn author(&self) -> Actor<'_> {
        Actor::of(self.0.author())
    }

    /// When it was written.
    fn created_at(&self) -> Option<Moment> {
        Moment::read(self.0.created_at())
    }
}

part! {
    /// Something to be done.
    ChecklistItem = view::ChecklistItem
}

/// Something to be done.
#[object]
impl ChecklistItem<'_> {
    /// Its id; it is found in what it belongs to only.
    fn id(&self) -> GlobalId<'_> {
        Kind::ChecklistItem.of(self.0.id())
    }

    /// What.
    fn text(&self) -> Str<'_> {
        self.0.text()
    }

    /// When it was done; null before.
    fn done_at(&self) -> Option<Moment> {
        Moment::read(self.0.done_at())
    }

    /// Who did it; null before.
    fn done_by(&self) -> Option<Actor<'_>> {
        self.0.done_by().map(|actor| Actor::of(Some(actor)))
    }
}

part! {
    /// That an order was called off.
    Cancellation = view::Cancellation
}

/// That an order was called off.
#[object(part = v1::Cancellation)]
impl Cancellation<'_> {
    /// Why.
    fn reason(&self) -> Str<'_> {
        self.0.reason()
    }

    /// When.
    fn canceled_at(&self) -> Option<Moment> {
        Moment::read(self.0.canceled_at())
    }

    /// By whom.
    fn canceled_by(&self) -> Actor<'_> {
        Actor::of(self.0.canceled_by())
    }
}
