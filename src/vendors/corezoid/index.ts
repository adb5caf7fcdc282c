import { defineVendor } from '../../vendor-kit/define.ts';
import { fields } from './mapping.ts';
import { connect } from './session.ts';
import { Credentials, Settings } from './settings.ts';

/** The people and groups of a Corezoid company (`invite`, `company_users`), see README. */
export const corezoid = defineVendor<Settings, Credentials>({
  id: 'corezoid',
  title: 'Corezoid',
  documentation: 'https://doc.corezoid.com/docs/user-company',
  settings: Settings,
  credentials: Credentials,
  fields,
  identity: ['baseUrl', 'companyId'],
  supports: ({ listsInvitations }) => ({
    find: false,
    suspend: true,
    remove: true,
    revoke: false,
    withdraw: true,
    update: ['groups'],
    wholeRecord: false,
    oneElementACall: true,
    batch: 1,
    groups: { create: true, rename: true, remove: true },
    onRepeatedCreate: 'undocumented',
    hidesPending: !listsInvitations,
  }),
  limits: ({ concurrency, requestsPerSecond }) => ({ concurrency, perSecond: requestsPerSecond }),
  policies: () => ({ deactivate: 'suspend', delete: 'remove', groups: 'mirror' }),
  connect,
  presets: [
    { name: 'defaults', settings: {} },
    { name: 'a key that may not see invitations', settings: { listsInvitations: false } },
    { name: 'taken out of groups by null', settings: { unlinkLevel: 'null' } },
    { name: 'taken out of groups without a level', settings: { unlinkLevel: 'omit' } },
  ],
});
