/** The HTTP method that each annotation makes a route of. */
export const verbs: Readonly<Record<string, string>> = {
  'api.get': 'GET',
  'api.post': 'POST',
  'api.put': 'PUT',
  'api.patch': 'PATCH',
  'api.delete': 'DELETE',
  'api.head': 'HEAD',
  'api.options': 'OPTIONS',
  'api.any': 'ANY',
};
