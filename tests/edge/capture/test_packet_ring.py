from fractions import Fraction

from edge.capture.packet_ring import EncodedPacket, PacketRing, StreamFormat

FORMAT = StreamFormat("h264", 64, 48, Fraction(1, 90_000), None)


def packet(second: float, size: int) -> EncodedPacket:
    return EncodedPacket(
        second, int(second * 90_000), int(second * 90_000), 3600, keyframe=True, data=b"x" * size, format=FORMAT
    )


def test_the_ring_never_holds_more_than_its_bytes_and_drops_the_oldest_first() -> None:
    ring = PacketRing(bytes_max=100)
    for second in range(10):
        ring.append(packet(second, 30))
    assert ring.bytes_held <= 100
    assert [p.stream_s for p in ring.packets()] == [7, 8, 9]
