import { defineVendor } from '../../vendor-kit/define.ts';
import { fields } from './mapping.ts';
import { connect } from './session.ts';
import { Credentials, Settings } from './settings.ts';

/** CrankWheel's company users (`user_access`), see README. */
export const crankwheel = defineVendor<Settings, Credentials>({
  id: 'crankwheel',
  title: 'CrankWheel',
  documentation: 'https://documenter.gw.postman.com/view/1953706/713cbLC',
  settings: Settings,
  credentials: Credentials,
  fields,
  identity: ['baseUrl'],
  supports: (settings) => ({
    find: settings.lookup === 'get',
    suspend: false,
    remove: true,
    revoke: false,
    withdraw: false,
    update: settings.updateByRepeatedPost ? ['privilege', 'inDemoPool'] : [],
    wholeRecord: true,
    oneElementACall: false,
    batch: 1,
    groups: null,
    onRepeatedCreate: 'undocumented',
  }),
  limits: ({ concurrency, requestsPerSecond }) => ({ concurrency, perSecond: requestsPerSecond }),
  policies: () => ({ deactivate: 'remove', delete: 'remove', groups: 'rules' }),
  connect,
  presets: [
    { name: 'defaults', settings: {} },
    { name: 'look-up by the list', settings: { lookup: 'list' } },
    { name: 'update by a repeated POST', settings: { updateByRepeatedPost: true } },
  ],
});
