// What is asked of the services, and what their answers mean.

import { failure, invalid, isNotFound } from './errors.js';
import { localId, timestamp } from './values.js';

/** The list of orders that a field asks for: everybody's, or those of one employee. */
export function ordersRequest({ first, after, filter, orderBy }, employeeId) {
  const given = filter?.employeeId && localId('employee', filter.employeeId);
  if (given && employeeId && given !== employeeId) throw invalid('filter.employeeId must be the one whose orders are listed');
  return {
    filter: {
      statuses: filter?.statuses?.map((status) => `ORDER_STATUS_${status}`),
      startsFrom: timestamp(filter?.startsFrom),
      startsUntil: timestamp(filter?.startsUntil),
      customerId: filter?.customerId && localId('customer', filter.customerId),
      employeeId: employeeId ?? given,
      needsCrew: filter?.needsCrew,
    },
    orderBy: `ORDER_ORDER_BY_${orderBy ?? 'STARTS_AT_ASC'}`,
    pageSize: first,
    pageToken: after,
  };
}

/** The list of customers that a field asks for. */
export function customersRequest({ first, after, filter, orderBy }) {
  return {
    filter: {
      types: filter?.types?.map((type) => `CUSTOMER_TYPE_${type}`),
      statuses: filter?.statuses?.map((status) => `CUSTOMER_STATUS_${status}`),
    },
    orderBy: `CUSTOMER_ORDER_BY_${orderBy ?? 'NAME'}`,
    pageSize: first,
    pageToken: after,
  };
}

/** A page as a connection of the graph; `field` is the one that holds the items. */
export function connection(page, field, request) {
  return {
    nodes: page[field],
    pageInfo: {
      hasNextPage: page.nextPageToken !== '',
      hasPreviousPage: Boolean(request.pageToken),
      startCursor: page.cursors[0] ?? null,
      endCursor: page.cursors.at(-1) ?? null,
    },
  };
}

/** The answer to one question of a batch: the thing, `null` where there is none, or an error, which is not thrown. */
export function outcome(answer, field) {
  if (answer.result === field) return answer[field];
  return isNotFound(answer.error) ? null : failure(answer.error);
}
