//! The parts of an order.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use contracts::crm::order::v1;

use crate::{
    graph::{
        actor::Actor,
        employee::{Employee, EmployeesById},
        error::{Field, found_or_null},
        id::Kind,
        scalar::{DateTime, optional},
    },
    read::{self, Expand, Plan, Selection},
};

/// That somebody does an order.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Assignment {
    /// The employee's name, which follows the employee.
    employee_name: String,
    /// When they were assigned.
    assigned_at: Option<DateTime>,
    /// Why they were assigned although they are on time off; null where they aren't.
    override_reason: Option<String>,
    #[graphql(skip)]
    employee_id: String,
}

#[ComplexObject]
impl Assignment {
    /// The employee; null for one whom the viewer may not see.
    async fn employee(&self, ctx: &Context<'_>) -> Field<Employee> {
        found_or_null(read::get::<EmployeesById>(ctx, self.employee_id.clone()).await)
    }
}

impl From<&v1::Assignment> for Assignment {
    fn from(assignment: &v1::Assignment) -> Self {
        Self {
            employee_name: assignment.employee_name.clone(),
            assigned_at: DateTime::read(assignment.assigned_at.as_ref()),
            override_reason: optional(&assignment.override_reason),
            employee_id: assignment.employee_id.clone(),
        }
    }
}

impl Expand for Assignment {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for field in selection.on("Assignment", &[]).filter(|field| field.name == "employee") {
            plan.follow::<EmployeesById>(self.employee_id.clone(), &field.selection);
        }
    }
}

/// A comment of the office or the crew.
#[derive(SimpleObject)]
pub(crate) struct Comment {
    /// Its id; it is found in what it belongs to only.
    id: ID,
    /// The comment.
    text: String,
    /// Who wrote it.
    author: Actor,
    /// When it was written.
    created_at: Option<DateTime>,
}

impl From<&v1::Comment> for Comment {
    fn from(comment: &v1::Comment) -> Self {
        Self {
            id: Kind::Comment.global(&comment.id),
            text: comment.text.clone(),
            author: Actor::of(comment.author.as_ref()),
            created_at: DateTime::read(comment.created_at.as_ref()),
        }
    }
}

impl Expand for Comment {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        self.author.expand_as("author", "Comment", selection, plan);
    }
}

/// Something to be done.
#[derive(SimpleObject)]
pub(crate) struct ChecklistItem {
    /// Its id; it is found in what it belongs to only.
    id: ID,
    /// What.
    text: String,
    /// When it was done; null before.
    done_at: Option<DateTime>,
    /// Who did it; null before.
    done_by: Option<Actor>,
}

impl From<&v1::ChecklistItem> for ChecklistItem {
    fn from(item: &v1::ChecklistItem) -> Self {
        Self {
            id: Kind::ChecklistItem.global(&item.id),
            text: item.text.clone(),
            done_at: DateTime::read(item.done_at.as_ref()),
            done_by: item.done_by.as_ref().map(|actor| Actor::of(Some(actor))),
        }
    }
}

impl Expand for ChecklistItem {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        self.done_by.iter().for_each(|actor| actor.expand_as("doneBy", "ChecklistItem", selection, plan));
    }
}

/// That an order was called off.
#[derive(SimpleObject)]
pub(crate) struct Cancellation {
    /// Why.
    reason: String,
    /// When.
    canceled_at: Option<DateTime>,
    /// By whom.
    canceled_by: Actor,
}

impl From<&v1::Cancellation> for Cancellation {
    fn from(cancellation: &v1::Cancellation) -> Self {
        Self {
            reason: cancellation.reason.clone(),
            canceled_at: DateTime::read(cancellation.canceled_at.as_ref()),
            canceled_by: Actor::of(cancellation.canceled_by.as_ref()),
        }
    }
}

impl Expand for Cancellation {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        self.canceled_by.expand_as("canceledBy", "Cancellation", selection, plan);
    }
}
