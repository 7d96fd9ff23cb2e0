// node stream-clients.mjs put|get URL CLIENTS MEBIBYTES: each client sends or reads one file of its own, all at once, keeping nothing of it.
import { request } from 'node:http';

const [how = '', folder = '', clients = '', mebibytes = ''] = process.argv.slice(2);
const size = Number(mebibytes) * 1024 * 1024;
const piece = Buffer.alloc(256 * 1024, 'artifact');

function open(method, name, headers, onAnswer, fail) {
  return request(`${folder}/${name}`, { method, headers, agent: false }, onAnswer).on('error', fail);
}

function put(name) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
    const call = open(
      'PUT',
      name,
      headers,
      (answer) => answer.resume().on('end', () => resolve(answer.statusCode)),
      reject,
    );
    let sent = 0;
    const send = () => {
      while (sent < size) {
        sent += piece.length;
        if (!call.write(piece)) return call.once('drain', send);
      }
      return call.end();
    };
    send();
  });
}

function get(name) {
  return new Promise((resolve, reject) => {
    const count = (answer) => {
      let read = 0;
      answer.on('data', (chunk) => {
        read += chunk.length;
      });
      answer.on('end', () => resolve(read === size ? answer.statusCode : `${read} bytes`));
      answer.on('error', reject);
    };
    open('GET', name, {}, count, reject).end();
  });
}

const answers = await Promise.all(
  Array.from({ length: Number(clients) }, (_, client) => (how === 'put' ? put : get)(`large-${client}.bin`)),
);
const wrong = answers.filter((answer) => answer !== 200);
if (wrong.length > 0) throw new Error(`answers: ${wrong.join(', ')}`);
