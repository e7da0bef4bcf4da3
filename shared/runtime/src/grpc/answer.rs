//! What a use case came to, as the answer of a method.

use kernel::Result;
use tonic::{Response, Status};

use super::status;

/// What a method of a generated server gives.
pub type Answer<T> = Result<Response<T>, Status>;

/// What a use case came to, as an answer.
///
/// # Errors
/// The error's [`status`].
pub fn answer<T, M>(outcome: Result<T>, message: impl FnOnce(T) -> M) -> Answer<M> {
    outcome.map(|value| Response::new(message(value))).map_err(status)
}

/// The answers to those questions of a batch that could be read, each in its question's place; errors stand in the
/// others'.
#[must_use]
pub fn in_their_places<Q, A>(questions: Vec<Result<Q>>, answers: Vec<Result<A>>) -> Vec<Result<A>> {
    let mut answers = answers.into_iter();
    questions.into_iter().filter_map(|question| question.map_or_else(|error| Some(Err(error)), |_| answers.next())).collect()
}

#[cfg(test)]
mod tests {
    use kernel::Error;

    use super::*;

    #[test]
    fn each_answer_has_its_questions_place_and_what_could_not_be_read_its_error() {
        let unreadable = || Err(Error::invalid("id", "INVALID_ID", "must be a UUID"));
        let questions = vec![Ok(()), unreadable(), Ok(()), unreadable()];
        let answers = in_their_places(questions, vec![Ok("first"), Err(Error::not_found("order", "third"))]);
        assert!(matches!(answers[..], [Ok("first"), Err(Error::Invalid(_)), Err(Error::NotFound { .. }), Err(Error::Invalid(_))]));
    }
}
