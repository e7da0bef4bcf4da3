// For `check.mjs`: what the queries in `queries` take as variables, and their answers as our gateway would give them.

import { amount, dateTime, enumValue, globalId, localId, timestamp } from '../shared/values.js';

export function variables({ from, id }) {
  if (from) return { from: timestamp(from) };
  return id ? { id: localId('order', id) } : {};
}

export const answers = {
  large: ({ crm_order_v1_OrderService_ListOrders: page }) => ({
    orders: {
      nodes: page.orders.map((order) => ({
        id: globalId('order', order.id),
        version: order.version,
        status: enumValue('ORDER_STATUS_', order.status),
        serviceType: enumValue('SERVICE_TYPE_', order.service_type),
        startsAt: time(order.starts_at),
        endsAt: time(order.ends_at),
        crewSize: order.crew_size,
        needsCrew: order.needs_crew ?? false,
        address: address(order.address),
        price: price(order.price),
        customer: order.customer.customer && {
          id: globalId('customer', order.customer.customer.id),
          type: enumValue('CUSTOMER_TYPE_', order.customer.customer.type),
          name: order.customer.customer.name,
          phone: order.customer.customer.phone,
        },
        employees: order.assignments.map(({ employee: { employee } }) => employee && { ...person(employee), phone: employee.phone }),
      })),
      pageInfo: pageInfo(page),
    },
  }),
  deep: ({ crm_order_v1_OrderService_ListOrders: page }) => ({
    orders: {
      nodes: page.orders.map((order) => ({
        id: globalId('order', order.id),
        status: enumValue('ORDER_STATUS_', order.status),
        startsAt: time(order.starts_at),
        customer: order.customer.customer && { id: globalId('customer', order.customer.customer.id), name: order.customer.customer.name },
        employees: order.assignments.map(
          ({ employee: { employee } }) => employee && { ...person(employee), orders: { nodes: employee.orders.page.orders.map(nextOrder) } },
        ),
      })),
    },
  }),
  small: ({ crm_order_v1_OrderService_GetOrder: { order } }) => ({
    order: {
      id: globalId('order', order.id),
      version: order.version,
      status: enumValue('ORDER_STATUS_', order.status),
      startsAt: time(order.starts_at),
      endsAt: time(order.ends_at),
      clientComments: order.client_comments,
      address: address(order.address),
      checklist: order.checklist.map(({ text, done_at }) => ({ text, doneAt: time(done_at) })),
      price: price(order.price),
      customer: order.customer.customer && { ...order.customer.customer, id: globalId('customer', order.customer.customer.id) },
    },
  }),
  list: ({ crm_customer_v1_CustomerService_ListCustomers: page }) => ({
    customers: {
      nodes: page.customers.map(({ order_count, ...customer }) => ({
        ...customer,
        id: globalId('customer', customer.id),
        type: enumValue('CUSTOMER_TYPE_', customer.type),
        status: enumValue('CUSTOMER_STATUS_', customer.status),
        orderCount: order_count ?? 0,
      })),
      pageInfo: pageInfo(page),
    },
  }),
  one: ({ me: { role, account } }) => ({
    me: {
      role,
      account: {
        ...account,
        id: globalId('account', account.id),
        role: enumValue('ROLE_', account.role),
        status: enumValue('ACCOUNT_STATUS_', account.status),
      },
    },
  }),
};

// What a message holds as zero or empty, the gateway answers as null.
const time = (at) => at && dateTime({ seconds: at.seconds ?? 0, nanos: at.nanos ?? 0 });
const address = (it) => it && { street: it.street, city: it.city, postalCode: it.postal_code };
const person = ({ id, first_name, last_name }) => ({ id: globalId('employee', id), name: `${first_name} ${last_name}` });
const pageInfo = ({ cursors, next_page_token }) => ({ hasNextPage: Boolean(next_page_token), endCursor: cursors.at(-1) ?? null });

const nextOrder = ({ id, status, starts_at, customer_name }) => ({
  id: globalId('order', id),
  status: enumValue('ORDER_STATUS_', status),
  startsAt: time(starts_at),
  customerName: customer_name,
});

function price(price) {
  const total = price?.total;
  const money = total && { units: total.units ?? 0, nanos: total.nanos ?? 0, currencyCode: total.currency_code };
  return price && { total: money && { amount: amount(money), currencyCode: money.currencyCode } };
}
