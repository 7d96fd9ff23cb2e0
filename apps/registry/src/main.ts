import { enableCompileCache } from 'node:module';
import { beginLean } from './lean-process.js';

beginLean();
// First of all, and so in a file of its own: what is loaded from here on is compiled once per machine, not at every start. The folder is
// that of NODE_COMPILE_CACHE, else below the system's folder for temporary files.
enableCompileCache();
await import('./serve.js');
