import { defineVendor } from '../../vendor-kit/define.ts';
import { fields } from './fields.ts';
import { connect } from './session.ts';
import { Credentials, Settings } from './settings.ts';

/** Attention's users and teams (`organizations/users`), see README. */
export const attention = defineVendor<Settings, Credentials>({
  id: 'attention',
  title: 'Attention',
  documentation: 'https://docs.attention.com',
  settings: Settings,
  credentials: Credentials,
  fields,
  identity: ['baseUrl'],
  supports: (settings) => ({
    find: settings.lookup === 'filter',
    suspend: settings.scim.enabled,
    remove: true,
    revoke: false,
    withdraw: false,
    update: ['firstName', 'lastName', 'roleUUID', 'teams', 'seatType', 'botName', 'dealsEnabled'],
    wholeRecord: false,
    oneElementACall: false,
    batch: 1,
    groups: { create: true, rename: true, remove: false },
    onRepeatedCreate: 'undocumented',
  }),
  limits: ({ concurrency, requestsPerSecond }) => ({ concurrency, perSecond: requestsPerSecond }),
  policies: ({ scim }) => ({
    deactivate: scim.enabled ? 'suspend' : 'remove',
    delete: 'remove',
    groups: 'rules',
  }),
  connect,
  presets: [
    { name: 'its SCIM side off', settings: { scim: { enabled: false, update: 'patch' } } },
    { name: 'its SCIM side by PATCH', settings: { scim: { enabled: true, update: 'patch' } } },
    { name: 'its SCIM side by PUT', settings: { scim: { enabled: true, update: 'put' } } },
    { name: 'bare key, look-up by the list', settings: { authorisation: 'bare', lookup: 'list' } },
    { name: 'teams added as ids', settings: { teamsToAdd: 'uuids' } },
  ],
});
