// The fields whose value is made of the message that is at hand. What is missing here has the name and the value of a
// field of the message.

import { amount, dateTime, enumValue, globalId, optional } from './values.js';

export const fields = {
  Order: {
    id: (order) => globalId('order', order.id),
    status: (order) => enumValue('ORDER_STATUS_', order.status),
    serviceType: (order) => enumValue('SERVICE_TYPE_', order.serviceType),
    startsAt: (order) => dateTime(order.startsAt),
    endsAt: (order) => dateTime(order.endsAt),
    clientComments: (order) => optional(order.clientComments),
  },
  ChecklistItem: {
    id: (item) => globalId('item', item.id),
    doneAt: (item) => dateTime(item.doneAt),
  },
  Money: { amount },
  Customer: {
    id: (customer) => globalId('customer', customer.id),
    type: (customer) => enumValue('CUSTOMER_TYPE_', customer.type),
    email: (customer) => optional(customer.email),
    status: (customer) => enumValue('CUSTOMER_STATUS_', customer.status),
  },
  Property: {
    id: (property) => globalId('property', property.id),
    label: (property) => optional(property.label),
  },
  Address: {
    postalCode: (address) => optional(address.postalCode),
  },
  Employee: {
    id: (employee) => globalId('employee', employee.id),
    name: (employee) => `${employee.firstName} ${employee.lastName}`,
  },
  Account: {
    id: (account) => globalId('account', account.id),
    role: (account) => enumValue('ROLE_', account.role),
    status: (account) => enumValue('ACCOUNT_STATUS_', account.status),
  },
};
