import { defineVendor } from '../../vendor-kit/define.ts';
import { fields } from './mapping.ts';
import { connect } from './session.ts';
import { Credentials, Settings } from './settings.ts';

/** Guests of one client company of a Woodpecker agency (`invite_guest`), see README. */
export const woodpecker = defineVendor<Settings, Credentials>({
  id: 'woodpecker',
  title: 'Woodpecker',
  documentation: 'https://developers.woodpecker.co/docs/agency-api/companies/POST-companies-invite-guest',
  settings: Settings,
  credentials: Credentials,
  fields,
  identity: ['baseUrl', 'companyId'],
  supports: () => ({
    find: false,
    suspend: false,
    remove: false,
    revoke: true,
    withdraw: false,
    update: ['guestPermissions'],
    wholeRecord: false,
    oneElementACall: false,
    batch: 10,
    groups: null,
    onRepeatedCreate: 'resends',
    // Whether it does is not documented; `GET /users` has only confirmed people.
    hidesPending: true,
  }),
  limits: ({ concurrency, requestsPerSecond }) => ({ concurrency, perSecond: requestsPerSecond }),
  policies: () => ({ deactivate: 'revoke', delete: 'revoke', groups: 'rules' }),
  connect,
  presets: [
    { name: 'defaults', settings: {} },
    { name: 'a White Label agency', settings: { whiteLabel: true } },
  ],
});
