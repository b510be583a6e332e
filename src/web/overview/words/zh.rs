//! Chinese, in the words of Huawei Cloud's own pages: why a poll failed, and what to do.

use crate::cloud::reason::Reason;
use crate::poll::{Failure, Stage};
use crate::snapshot::Collector;

pub(super) fn reason(failure: &Failure) -> &'static str {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => "没有可用的认证凭据。",
        (Stage::Resting, _) => "认证凭据多次被拒绝，暂停使用几分钟。",
        (Stage::Issuing, Reason::Auth) => "凭据颁发方拒绝颁发凭据。",
        (Stage::Issuing, _) => "无法向凭据颁发方获取凭据。",
        (Stage::Project, _) => "无法从 IAM 确定是哪个项目。",
        (Stage::Call, Reason::Auth) => "认证凭据被拒绝。",
        (Stage::Call, Reason::Forbidden) => "认证凭据没有调用该接口的权限。",
        (Stage::Call, Reason::Throttled) => "请求过于频繁，被限流。",
        (Stage::Call, Reason::Timeout) => "未能在规定时间内得到响应。",
        (Stage::Call, Reason::Connect) => "无法建立连接，或连接中断。",
        (Stage::Call, Reason::Server) => "云服务内部错误。",
        (Stage::Call, Reason::Decode) => "响应无法解析。",
        (Stage::Call, Reason::TooLarge) => "响应过大。",
        (Stage::Call, Reason::ClockSkew) => "本机时间与云服务时间相差过大。",
        (Stage::Call, Reason::Redirect) => "终端节点返回了重定向，不会跟随。",
        (Stage::Call, Reason::Other) => "请求被拒绝。",
    }
}

pub(super) fn advice(failure: &Failure, collector: Collector) -> &'static str {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => "请把凭据放到配置所指定的位置，并允许本程序读取；日志中有具体位置。",
        (Stage::Resting, _) => "请检查访问密钥或用户名与密码是否正确、是否已启用。",
        (Stage::Issuing, Reason::Auth) => "请检查获取凭据所用的身份及其权限；日志中有拒绝方的名称。",
        (Stage::Issuing, Reason::Connect | Reason::Timeout) => {
            "请检查本机能否访问凭据颁发方；日志中有其名称。"
        }
        (Stage::Project, _) => "请在配置中填写项目 ID。",
        (_, Reason::Auth) => "请检查访问密钥是否配对正确，或更新令牌。",
        (_, Reason::Forbidden) => match collector {
            Collector::VoiceTraining => "请授予凭据读取该项目 MetaStudio 的权限，并核对项目 ID。",
            Collector::UserQuotas => "只有主账号可以查询子账户配额：请使用主账号的凭据，或不查询该接口。",
        },
        (_, Reason::Throttled) => "请降低每秒请求数，或延长查询间隔。",
        (_, Reason::Timeout) => "请检查网络；如果列表很长，请延长查询的超时时间。",
        (_, Reason::Connect) => "请检查终端节点、域名解析、代理和防火墙。",
        (_, Reason::Server) => "如持续出现，请将请求 ID 提供给华为云技术支持。",
        (_, Reason::Decode | Reason::TooLarge) => "请确认终端节点是 MetaStudio 的地址，且没有代理代为应答。",
        (_, Reason::ClockSkew) => "请校准本机时间（NTP）。",
        (_, Reason::Redirect) => "请把终端节点设置为直接应答的地址。",
        (_, Reason::Other) => "请在 MetaStudio 接口参考文档中查找该错误码。",
    }
}
