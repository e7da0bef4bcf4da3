import { fields } from './fields.js';
import { customersRequest, ordersRequest } from './questions.js';
import { localId } from './values.js';

/** The part of the schema that the benchmark's queries use. */
export const resolvers = {
  ...fields,
  Query: {
    me: (_, __, { viewer }) => viewer,
    order: (_, { id }, { loaders }) => loaders.orders.load(localId('order', id)),
    orders: (_, args, { loaders }) => loaders.orderPages.load(ordersRequest(args)),
    customers: (_, args, { loaders }) => loaders.customerPages.load(customersRequest(args)),
  },
  Viewer: {
    account: ({ account }, _, { loaders }) => loaders.accounts.load(account),
  },
  Order: {
    ...fields.Order,
    customer: ({ customerId }, _, { loaders }) => (customerId ? loaders.customers.load(customerId) : null),
    employees: ({ assignments }, _, { loaders }) => assignments.map(({ employeeId }) => loaders.employees.load(employeeId)),
  },
  Employee: {
    ...fields.Employee,
    orders: ({ id }, args, { loaders }) => loaders.orderPages.load(ordersRequest(args, id)),
  },
};
