import type { AnyVendor } from '../../../src/vendor-kit/define.ts';
import { PROCESS_HEADER } from './faulty-vendor.ts';

/** The vendor as one process calls it: each call says whose it is, and a dead process hears no answer. */
export function namedVendor(vendor: AnyVendor, name: string, lives: () => boolean): AnyVendor {
  const never = new Promise<never>(() => {});
  return {
    ...vendor,
    connect: (settings, credentials, http) =>
      vendor.connect(settings, credentials, {
        ...http,
        async send(request) {
          if (!lives()) return never;
          try {
            const reply = await http.send({
              ...request,
              headers: { ...request.headers, [PROCESS_HEADER]: name },
            });
            return lives() ? reply : await never;
          } catch (error) {
            if (!lives()) return never;
            throw error;
          }
        },
      }),
  };
}
