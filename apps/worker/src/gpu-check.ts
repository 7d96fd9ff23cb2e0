// Prints, as JSON, what a worker on this machine would record of it: `node apps/worker/dist/gpu-check.js [path of tfjs_binding.node]`.
// Exit code 0: TensorFlow computes on a GPU. 3: there is none, or the binding cannot use it; the answer says why.
import { findNativeBinding, loadTensorFlow } from '@assay/recipes';
import { thisMachine } from './machine.js';

const machine = thisMachine();
const { tf, backend } = await loadTensorFlow({ bindingPath: process.argv[2] ?? findNativeBinding() });
const side = 1024;
const product = tf.matMul(tf.ones([side, side]), tf.ones([side, side]));
const correct = (await product.data()).every((value) => value === side);
process.stdout.write(`${JSON.stringify({ machine, backend, correct }, null, 1)}\n`);
process.exitCode = backend.gpu && correct ? 0 : 3;
