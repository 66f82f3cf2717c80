// An SMSC made of npm's smpp package that only counts: node node_smsc.js TARGET, prints its port and then {"done": TARGET}.
const smpp = require('smpp');

const target = Number(process.argv[2]);
const say = (line) => console.log(JSON.stringify(line));
let taken = 0;

const server = smpp.createServer((session) => {
  const accept = (pdu) => session.send(pdu.response({ system_id: 'node' }));
  session.on('error', () => {});
  session.on('bind_transceiver', accept);
  session.on('bind_transmitter', accept);
  session.on('bind_receiver', accept);
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    taken += 1;
    session.send(pdu.response({ message_id: String(taken).padStart(10, '0') }));
    if (taken === target) say({ done: taken });
  });
});

server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
