"""The broker of one-machine trials: rumqttd out of the `iotcore` wheel, a child process on loopback.

Not durable, and it need not be: a box keeps every report until the centre's own acknowledgement. A production site runs
mosquitto or EMQX by itself (`central init DIR --broker URL`).
"""

import logging
import threading
from pathlib import Path

from iotcore import Broker

from central.errors import AddressError
from central.metrics import Counters
from central.settings import Address
from contract.topics import PAYLOAD_BYTES_MAX

CONFIGURATION = """\
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10

[v5.1]
name = "loopback"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {payload_bytes_max}
max_inflight_count = 200
dynamic_filters = true
"""
START_TIMEOUT_S = 10.0
WATCH_EVERY_S = 0.25
RESTART_DELAY_S_MAX = 10.0

log = logging.getLogger(__name__)


class EmbeddedBroker:
    """Started again when it dies. It ends with this process: it watches the pipe that it has from us."""

    def __init__(self, address: Address, configuration: Path, counters: Counters) -> None:
        self._address = address
        self._configuration = configuration
        self._counters = counters
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="embedded-broker", daemon=True)
        self._broker: Broker | None = None

    def start(self) -> None:
        """Raises AddressError when the port is taken or the broker does not come up."""
        self._configuration.write_text(
            CONFIGURATION.format(
                host=self._address.host, port=self._address.port, payload_bytes_max=2 * PAYLOAD_BYTES_MAX
            ),
            encoding="ascii",
        )
        self._broker = Broker(config_path=str(self._configuration))
        try:
            self._broker.start(START_TIMEOUT_S)
        except OSError as error:
            raise AddressError(
                f"port {self._address.port} for the embedded broker is taken:"
                " end what listens there, or set another embedded_port in central.yaml"
            ) from error
        except RuntimeError as error:
            raise AddressError(f"the embedded broker does not start: {error}") from error
        self._watcher.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join(START_TIMEOUT_S)
        if self._broker is not None:
            self._broker.stop()

    def _watch(self) -> None:
        assert self._broker is not None
        delay_s = WATCH_EVERY_S
        while not self._stopping.wait(delay_s):
            delay_s = WATCH_EVERY_S if self._broker.is_running else self._restart(delay_s)

    def _restart(self, delay_s: float) -> float:
        assert self._broker is not None
        self._counters.add("embedded_broker_restarts")
        log.warning("the embedded broker died: starting it again")
        try:
            self._broker.start(START_TIMEOUT_S)
        except (OSError, RuntimeError) as error:
            log.error("the embedded broker does not start: %s", error)  # noqa: TRY400 - the line says all
            return min(2 * delay_s, RESTART_DELAY_S_MAX)
        return WATCH_EVERY_S
