// An SMSC made of npm's smpp package for our link to talk to; prints one JSON line for each thing it sees.
const smpp = require('smpp');

const say = (line) => console.log(JSON.stringify(line));
let next = 0;

const server = smpp.createServer((session) => {
  session.on('error', (error) => say({ error: String(error) }));
  const bind = (pdu) => {
    const known = pdu.system_id === 'carillon' && pdu.password === 'secret';
    session.receives = pdu.command !== 'bind_transmitter';
    say({ bound: pdu.command, version: pdu.interface_version });
    session.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RINVPASWD, system_id: 'node' }));
  };
  session.on('bind_transceiver', bind);
  session.on('bind_transmitter', bind);
  session.on('bind_receiver', bind);
  session.on('submit_sm', (pdu) => {
    // The last digits of the number choose what happens, as a status would at a real SMSC.
    if (pdu.destination_addr.endsWith('58')) return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    if (pdu.destination_addr.endsWith('14')) return session.send(pdu.response({ command_status: smpp.ESME_RMSGQFUL }));
    const id = (++next).toString(16).padStart(8, '0');
    const { message, udh } = pdu.message_payload || pdu.short_message;
    const sar = [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum].filter((one) => one !== undefined);
    say({ submit: id, sar, payload: Boolean(pdu.message_payload), to: pdu.destination_addr, text: String(message), udh: udh ? [...udh].flatMap((part) => [...Buffer.from(part)]) : [] });
    session.send(pdu.response({ message_id: id }));
    if (!pdu.registered_delivery) return undefined;
    return [...server.sessions].find((one) => one.receives).deliver_sm(
      {
        source_addr: pdu.destination_addr,
        destination_addr: pdu.source_addr,
        esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
        short_message: `id:${id} sub:001 dlvrd:001 submit date:2611211200 done date:2611211201 stat:DELIVRD err:000 text:`,
        receipted_message_id: id,
        message_state: smpp.MESSAGE_STATE.DELIVERED,
      },
      (answer) => say({ receipt: id, status: answer.command_status }),
    );
  });
  session.on('enquire_link', (pdu) => { say({ enquire: true }); session.send(pdu.response()); });
  session.on('unbind', (pdu) => { say({ unbind: true }); session.send(pdu.response()); session.close(); });
});

server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));

// A line on stdin is a subscriber's text.
require('readline').createInterface({ input: process.stdin }).on('line', (text) => {
  for (const session of server.sessions) {
    session.deliver_sm(
      // The package would mark its GSM alphabet as data_coding 1, which is IA5; 0 is what it means.
      { source_addr: '8613800138000', source_addr_ton: 1, source_addr_npi: 1, destination_addr: '10086', data_coding: 0, short_message: text },
      (answer) => say({ mo: text, status: answer.command_status }),
    );
  }
});
