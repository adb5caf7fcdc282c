import { z } from 'zod';
import { commonSettings } from '../../vendor-kit/define.ts';

export const Settings = z.strictObject({
  ...commonSettings({ baseUrl: 'https://meeting.is/ss/api', concurrency: 4, requestsPerSecond: 10 }),
  lookup: z
    .enum(['get', 'list'])
    .default('get')
    .describe('How one account is looked up: `get` asks for it by its address; `list` reads the whole list.'),
  updateByRepeatedPost: z
    .boolean()
    .default(false)
    .describe(
      'Change privilege and demo pool by creating the user again, then checking. CrankWheel documents no update.',
    ),
});
export type Settings = z.infer<typeof Settings>;

export const Credentials = z.strictObject({
  apiKey: z.string().min(1).describe('A CrankWheel API key with read and write access.'),
});
export type Credentials = z.infer<typeof Credentials>;
