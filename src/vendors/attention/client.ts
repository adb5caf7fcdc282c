import type { JsonObject } from '../../core/json.ts';
import { get, pathSegment, sendJson, type VendorClient } from '../../vendor-kit/client.ts';
import { TeamList, TeamReply, UserList, UserReply } from './wire.ts';

const USERS = '/organizations/users';
const TEAMS = '/organizations/teams';

/** The endpoints of Attention's REST API, see README. */
export function restCalls(client: VendorClient) {
  const userPath = (uuid: string) => `${USERS}/${pathSegment(uuid)}`;
  const teamPath = (uuid: string) => `${TEAMS}/${pathSegment(uuid)}`;
  return {
    listUsers: () => client.read(get(USERS), UserList),
    /** The filter is not trusted: callers compare the addresses. */
    findUsers: (email: string) => client.read(get(`/users?email=${encodeURIComponent(email)}`), UserList),
    createUser: (user: JsonObject) => client.read(sendJson('POST', USERS, user), UserReply),
    updateUser: (uuid: string, changes: JsonObject) =>
      client.read(sendJson('PATCH', userPath(uuid), changes, 'account'), UserReply),
    deleteUser: (uuid: string) =>
      client.send({ method: 'DELETE', path: userPath(uuid), names: 'account', effect: true }),

    listTeams: () => client.read(get('/teams'), TeamList),
    createTeam: (name: string) => client.read(sendJson('POST', TEAMS, { name }), TeamReply),
    renameTeam: (uuid: string, name: string) =>
      client.read(sendJson('PATCH', teamPath(uuid), { name }, 'account'), TeamReply),
  };
}
