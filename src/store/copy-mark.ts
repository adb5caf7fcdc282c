/** The `mode` of a store that is being copied to: no server opens it, as it is neither a sandbox nor a real one. */
export const COPYING = 'copying';
