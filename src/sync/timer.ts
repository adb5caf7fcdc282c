/** Runs a job again and again, never twice at once; returns what ends it. A failure goes to `failed`, and the next turn comes. */
export function repeat(ms: number, job: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    job()
      .catch(failed)
      .finally(() => {
        running = false;
      });
  }, ms);
  timer.unref();
  return () => clearInterval(timer);
}
