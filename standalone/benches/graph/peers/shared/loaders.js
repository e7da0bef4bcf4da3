import { connection, outcome } from './questions.js';

// The most questions of one call, as the contracts say.
const MAX_IDS = 10_000;
const MAX_LISTS = 1_000;

/** The loaders of one request: one for each batch method. `DataLoader` is the class of the package `dataloader`. */
export function loaders(DataLoader, scope) {
  const byId = (service, method, field) => {
    const load = async (ids) => {
      const { results } = await scope.call(service, method, { ids });
      return results.map((answer) => outcome(answer, field));
    };
    return new DataLoader(load, { maxBatchSize: MAX_IDS });
  };
  const pages = (service, method, field) => {
    const load = async (requests) => {
      const { results } = await scope.call(service, method, { requests });
      return results.map((answer, index) => {
        const page = outcome(answer, 'page');
        return page instanceof Error ? page : connection(page, field, requests[index]);
      });
    };
    return new DataLoader(load, { maxBatchSize: MAX_LISTS, cacheKeyFn: JSON.stringify });
  };
  return {
    accounts: byId('auth', 'batchGetAccounts', 'account'),
    employees: byId('employee', 'batchGetEmployees', 'employee'),
    customers: byId('customer', 'batchGetCustomers', 'customer'),
    orders: byId('order', 'batchGetOrders', 'order'),
    customerPages: pages('customer', 'batchListCustomers', 'customers'),
    orderPages: pages('order', 'batchListOrders', 'orders'),
  };
}
