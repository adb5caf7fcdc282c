import { type DataFolder, dataFile } from '../store/data-folder.ts';
import { ensureConnections } from './connections.ts';
import { rememberOrigin, startFakes } from './fakes.ts';
import { readTokens, type SandboxConnection, writeSandboxFile } from './file.ts';

/** The fakes and the connections to them: all that a sandbox has beside a real start. */
export interface Sandbox {
  /** Writes `sandbox.json`, once the address is known; answers what it says. */
  publish(publicUrl: string): readonly SandboxConnection[];
  /** Of `sandbox.json`. */
  file: string;
  close(): Promise<void>;
}

export async function openSandbox(dir: string, folder: DataFolder, now: number): Promise<Sandbox> {
  const file = dataFile(dir, 'sandbox', 'json');
  const running = await startFakes(folder.db);
  try {
    const connections = await ensureConnections(folder, running, readTokens(file), now);
    await rememberOrigin(folder.db, running.origin);
    return {
      file,
      close: running.close,
      publish(publicUrl) {
        const told = connections.map(({ id, vendor, ...rest }) => ({
          id,
          vendor,
          scimUrl: `${publicUrl}/scim/${id}/v2`,
          ...rest,
        }));
        writeSandboxFile(file, told);
        return told;
      },
    };
  } catch (error) {
    await running.close();
    throw error;
  }
}
