import { keepCompiledCode } from './compile-cache.js';
import { beginLean } from './lean-process.js';
import { tellSourceLines } from './source-lines.js';

beginLean();
tellSourceLines();
keepCompiledCode();
// What is loaded before this line is not kept, so the service is a file of its own.
await import('./serve.js');
