/** The fields that `types.graphql` adds and that `@resolveTo` can't describe. */
export const resolvers = {
  Query: {
    me: (_, __, { viewer }) => viewer,
  },
  Viewer: {
    account: {
      resolve: ({ account }, _, context, info) =>
        context.auth.Query.crm_auth_v1_AuthService_GetAccount({
          context,
          info,
          args: { input: { id: account } },
          selectionSet: (account) => within('account', account),
          valuesFromResults: (answer) => answer?.account,
        }),
    },
  },
  crm__employee__v1__Employee: {
    orders: {
      selectionSet: '{ id }',
      // Of all employees of a level in one call. The key has the arguments too, as one call may serve several fields.
      resolve: ({ id }, { page_size, starts_from }, context, info) =>
        context.order.Query.crm_order_v1_OrderService_BatchListOrders({
          context,
          info,
          key: { filter: { employee_id: id, starts_from }, page_size },
          argsFromKeys: (requests) => ({ input: { requests } }),
          selectionSet: (result) => within('results', result),
          valuesFromResults: (answer) => answer?.results,
        }),
    },
  },
};

/** A selection of the answer's field of that name. */
function within(name, selectionSet) {
  return { kind: 'SelectionSet', selections: [{ kind: 'Field', name: { kind: 'Name', value: name }, selectionSet }] };
}
