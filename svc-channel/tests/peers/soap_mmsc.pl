# An MMSC made of Perl's SOAP::Lite, MIME-tools and libwww: their readers and writers share nothing with ours.
#
#   perl soap_mmsc.pl serve USER PASSWORD   serves on a free port of 127.0.0.1, for ever
#   perl soap_mmsc.pl tell                  writes what an MMSC tells of itself, once
#
# Says JSON, a line a message. It must not know our code.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use HTTP::Daemon;
use HTTP::Response;
use JSON::PP;
use MIME::Entity;
use MIME::Parser;
use SOAP::Lite;

$| = 1;
my $namespace = 'http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4';
my %version = (MM7Version => '6.8.0');
my $json = JSON::PP->new->utf8->canonical;

sub say_line { print $json->encode($_[0]), "\n" }

# The parts of a body: the root by the start parameter, and the others by content id, each with what is inside of it.
sub parts_of {
    my $parser = MIME::Parser->new;
    $parser->output_to_core(1);
    my $entity = $parser->parse_data($_[0]);
    my $start = $entity->head->mime_attr('content-type.start');
    my ($root) = grep { id_of($_) eq $start } $entity->parts;
    return ($root, grep { $_ != $root } $entity->parts);
}

sub id_of { my $id = $_[0]->head->get('content-id') // ''; $id =~ s/\s+$//; return $id }

sub described {
    my ($entity) = @_;
    my %said = (type => $entity->mime_type, id => id_of($entity));
    if ($entity->parts) {
        $said{parts} = [map { described($_) } $entity->parts];
        $said{start} = $entity->head->mime_attr('content-type.start');
    } else {
        my $octets = $entity->bodyhandle->as_string;
        $said{sha256} = sha256_hex($octets);
        $said{location} = $entity->head->mime_attr('content-location');
    }
    return \%said;
}

# SOAP::Lite's own reader of attachments takes no parts inside of parts, which is what a message with slides is.
package Attachments {
    our @ISA = ('SOAP::Deserializer');
    our @others;

    sub decode_parts {
        my ($self, $octets) = @_;
        (my $root, @others) = main::parts_of($octets);
        for my $part (@others) {
            my ($id) = main::id_of($part) =~ /^<(.+)>$/;
            $self->ids->{$id} = ['mimepart', {}, $part->stringify_body];
        }
        return $self->parser->decode($root->bodyhandle->as_string);
    }
}

# Names and texts of an element's children, in their order; what a child points at stands as its href.
sub fields_of {
    my ($som, $path) = @_;
    return [map { [$_->name, $_->attr->{href} // leaf($som, $_, $path)] } $som->dataof("$path/*")];
}

sub leaf {
    my ($som, $data, $path) = @_;
    my $name = $data->name;
    my @inside = $som->dataof("$path/$name/*");
    return @inside ? fields_of($som, "$path/$name") : $data->value;
}

sub submission_of {
    my ($type, $body) = @_;
    my $som = Attachments->new->deserialize("MIME-Version: 1.0\r\nContent-Type: $type\r\n\r\n$body");
    my ($header) = $som->dataof('/Envelope/Header/TransactionID');
    my ($message) = $som->dataof('/Envelope/Body/[1]');
    return {
        transaction => $header->value,
        must_understand => $som->headerof('/Envelope/Header/TransactionID')->mustUnderstand,
        header_namespace => $header->uri,
        kind => $message->name,
        namespace => $message->uri,
        fields => fields_of($som, '/Envelope/Body/[1]'),
        attachments => [map { described($_) } @Attachments::others],
    };
}

sub field {
    my ($name, $value) = @_;
    my $inside = ref $value ? \SOAP::Data->value(map { field(@$_) } @$value) : $value;
    return SOAP::Data->name($name)->value($inside);
}

sub envelope {
    my ($transaction, $kind, @fields) = @_;
    my $header = SOAP::Header->name('TransactionID')->prefix('mm7')->uri($namespace)->mustUnderstand(1)->value($transaction);
    my $message = field($kind, \@fields)->attr({xmlns => $namespace});
    my $serializer = SOAP::Serializer->new->autotype(0);
    return encode('UTF-8', $serializer->envelope(freeform => $message, $header));
}

sub answer {
    my ($said) = @_;
    my $recipient = (grep { $_->[0] eq 'Recipients' } @{$said->{fields}})[0][1][0][1][0][1];
    my ($code, $text, @id) = $recipient =~ /06$/ ? (2002, 'Address Error') : (1000, 'Success', ['MessageID', "pm-$said->{transaction}"]);
    my $status = ['Status', [['StatusCode', $code], ['StatusText', $text]]];
    return envelope($said->{transaction}, 'SubmitRsp', [%version], $status, @id);
}

sub serve {
    my ($user, $password) = @_;
    my $daemon = HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => 0, ReuseAddr => 1) or die "no port: $!";
    say_line({port => $daemon->sockport});
    while (my $connection = $daemon->accept) {
        while (my $request = $connection->get_request) {
            my ($name, $secret) = $request->authorization_basic;
            if (($name // '') ne $user || ($secret // '') ne $password) {
                $connection->send_response(HTTP::Response->new(401));
                next;
            }
            my $said = submission_of($request->header('content-type'), $request->content);
            say_line({%$said, path => $request->uri->path, soap_action => $request->header('soapaction')});
            my $body = answer($said);
            $connection->send_response(HTTP::Response->new(200, 'OK', ['Content-Type' => 'text/xml; charset=utf-8'], $body));
        }
        $connection->close;
    }
}

sub tell {
    my @report = ([%version], [MMSRelayServerID => 'mmsc'], [MessageID => 'pm-1'],
        [Recipient => [[Number => '+8613800138000']]], [Sender => [[ShortCode => '10086']]],
        [Date => '2026-11-22T12:00:00+08:00'], [MMStatus => 'Retrieved']);
    say_line({type => 'text/xml; charset=utf-8', body => unpack('H*', envelope('R-1', 'DeliveryReportReq', @report))});
    my @fault = (['faultcode', 'env:Client'], ['faultstring', 'Client error'],
        ['detail', [['RSErrorRsp', [[%version], ['Status', [['StatusCode', 4004], ['StatusText', 'Validation']]]]]]]);
    my $fault = envelope('R-2', 'Fault', @fault);
    $fault =~ s{<Fault xmlns="[^"]*"}{<soap:Fault}; $fault =~ s{</Fault>}{</soap:Fault>};
    $fault =~ s{<RSErrorRsp}{<RSErrorRsp xmlns="$namespace"};
    say_line({type => 'text/xml; charset=utf-8', body => unpack('H*', $fault)});
    my $xml = envelope('M-1', 'DeliverReq', [%version], [MMSRelayServerID => 'mmsc'], [LinkedID => 'x'],
        [Sender => [[Number => '+8613800138000']]], [Recipients => [[To => [[ShortCode => '10086']]]]],
        [TimeStamp => '2026-11-22T12:00:00+08:00'], [Subject => "\x{6295}\x{7968}"]);
    $xml =~ s{</DeliverReq>}{<Content href="cid:generic_content_id"/></DeliverReq>};
    my $message = MIME::Entity->build(Type => 'multipart/related; type="text/xml"; start="<root>"', Encoding => 'binary');
    $message->attach(Type => 'text/xml; charset=utf-8', Id => '<root>', Data => $xml, Encoding => 'binary');
    my $content = MIME::Entity->build(Type => 'multipart/mixed', Id => '<generic_content_id>', Top => 0, Encoding => 'binary');
    $content->attach(Type => 'text/plain; charset=utf-8', Id => '<t>', Data => encode('UTF-8', "\x{6B4C}\x{624B}"), Encoding => 'base64');
    $content->attach(Type => 'text/plain; charset=utf-8', Id => '<u>', Data => encode('UTF-8', "\x{4E00}"), Encoding => 'quoted-printable');
    $content->attach(Type => 'image/gif', Id => '<p>', Data => "GIF89a\r\n--\r\n\0", Encoding => 'binary');
    $message->add_part($content);
    say_line({type => $message->head->get('content-type'), body => unpack('H*', $message->stringify_body)});
}

my %ways = (serve => \&serve, tell => \&tell);
my $way = shift @ARGV;
$ways{$way}->(@ARGV);
