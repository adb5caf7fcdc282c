import { defineVendor } from '../../vendor-kit/define.ts';
import { fields } from './fields.ts';
import { connect } from './session.ts';
import { Credentials, Settings } from './settings.ts';

/** The accounts of an Agendize reseller (`resellers/accounts`), see README. */
export const agendize = defineVendor<Settings, Credentials>({
  id: 'agendize',
  title: 'Agendize',
  documentation: 'https://developers.agendize.com/v2/resellers/reference/accounts/index.jsp',
  settings: Settings,
  credentials: Credentials,
  fields,
  identity: ['baseUrl'],
  supports: (settings) => ({
    find: settings.lookup === 'get',
    suspend: true,
    remove: true,
    revoke: false,
    withdraw: false,
    update: ['firstName', 'lastName', 'tags', ...(settings.updateProfile ? ['profileId'] : [])],
    wholeRecord: false,
    oneElementACall: false,
    batch: 1,
    groups: null,
    onRepeatedCreate: 'undocumented',
  }),
  limits: ({ concurrency, requestsPerSecond }) => ({ concurrency, perSecond: requestsPerSecond }),
  policies: () => ({ deactivate: 'suspend', delete: 'suspend', groups: 'rules' }),
  connect,
  presets: [
    { name: 'defaults', settings: {} },
    { name: 'look-up by the list', settings: { lookup: 'list' } },
    { name: 'the other verbs', settings: { createVerb: 'PUT', updateVerb: 'POST' } },
    { name: 'the profile by an update', settings: { updateProfile: true } },
    {
      name: 'neither preferences nor resellerId',
      settings: { sendPreferences: false, sendResellerId: false },
    },
  ],
});
